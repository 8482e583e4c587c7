"""A run played on the daemon itself: only what meets the world is put in its place.

Camera, clock, device, network, chance and hardware are the run's; everything between them is
what `anpr-edge run` runs. One thread does it all, in the order of the run's own times.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from edge.daemon import wiring, wiring_delivery
from edge.daemon.body import Body
from edge.daemon.figures import Figures
from edge.daemon.pipeline import Pipeline
from edge.daemon.run import Seams, Stop, run_version
from edge.daemon.silence import Silence
from edge.daemon.uplink import Pace, Time, Uplink
from edge.daemon.wiring_camera import shots
from edge.errors import CaptureError
from edge.feed.outbox import Outbox
from edge.record.chain import Place
from edge.record.keys import load_signer
from edge.registry.fresh import FreshRegistry
from edge.replay.clock import RunClock
from edge.replay.course import Course
from edge.replay.device import PlayedDevice
from edge.replay.footage import Pictures
from edge.replay.happenings import (
    CameraGives,
    ClockSet,
    Happening,
    Network,
    Reboot,
    RegistryComes,
)
from edge.replay.made import PLATFORM, Likeness, Seed, machine, make, put, with_device
from edge.replay.platform import Platform
from edge.replay.playedwatch import NotedWatch, Now, PlayedCamera
from edge.replay.runfile import Run
from edge.replay.session import Asked, Happened, Notebook, Played, Watch, asks_nothing
from edge.types import Envelope, Frame

NS = 1_000_000_000
MANY = 100_000


class PowerCutError(Exception):
    """The run cuts the power of the box."""


@dataclass(frozen=True, slots=True)
class Account:
    """What came of a run: what was seen, and every record that the box wrote, in order."""

    played: Played
    records: tuple[Envelope, ...]
    delivered: int


class Laboratory:
    """Plays one run in the folder in which it is called."""

    def __init__(
        self,
        run: Run,
        pictures: Pictures,
        box: Likeness,
        watch: Watch,
        asked: Asked = asks_nothing,
    ) -> None:
        """Make the box; `watch` is called after every frame, `asked` with every passage."""
        self._clock = RunClock(run.starts_at)
        self._now = Now(self._clock)
        self._run, self._course, self._pictures = run, Course(run, pictures), pictures
        self._watch, self._asked = watch, asked
        self._seed = Seed(run.seed)
        self._device = PlayedDevice(self._clock)
        needs_device = any(self._device.tells(one) for one in run.happenings)
        self._config = with_device(box.config) if needs_device else box.config
        make(box, self._seed)
        self._machine = machine(self._seed, self._clock)
        self._platform = Platform(load_signer(PLATFORM), lambda: self._clock.true)
        self._gives = True
        self._off_ns = 0
        self._ended = False
        self._fault: CaptureError | None = None
        self._books: list[Notebook] = []
        self._happened: list[Happened] = []
        self._records: list[Envelope] = []

    def play(self) -> Account:
        """Play the run to its end, boot after boot."""
        began = time.monotonic()
        while not self._ended:
            self._boot()
        books = self._books
        played = Played(
            clip=self._pictures,
            frames=sum(book.frames for book in books),
            seconds=time.monotonic() - began,
            conclusions=tuple(one for book in books for one in book.conclusions),
            fault=self._fault,
            notes=tuple(note for book in books for note in book.notes),
            happened=tuple(self._happened),
        )
        return Account(played, tuple(self._records), self._platform.delivered)

    def _boot(self) -> None:
        self._now.frame, self._now.is_cut = None, False
        seams = Seams(
            clock=self._clock, machine=self._machine, watch=self._opened, heard=self._heard
        )
        try:
            run_version(self._config, Stop(()), Figures(), seams)
        except PowerCutError:
            self._now.is_cut = True
        with wiring.attached_outbox(self._config) as outbox:
            self._collect(outbox)
        self._clock.show(self._clock.at_ns + self._off_ns)
        self._off_ns = 0
        self._clock.reboot()

    def _heard(self, *_: object) -> AbstractContextManager[None]:
        return nullcontext()

    def _opened(
        self, cabinet: wiring.Cabinet[FreshRegistry], line: Pipeline, body: Body
    ) -> NotedWatch:
        """Open what the daemon watches the road with."""
        self._device.meet(cabinet.housing)
        book = Notebook(line, self._watch, self._asked, self._run.starts_at)
        self._books.append(book)
        fired = shots(cabinet.config, cabinet.housing)
        camera = PlayedCamera(lambda: self._moments(cabinet))
        return NotedWatch(camera, book, Silence(self._clock, fired), body, self._now)

    def _moments(self, cabinet: wiring.Cabinet[FreshRegistry]) -> Iterator[Frame | None]:
        """Lead the run: let each moment come, then let the daemon do its step."""
        with self._uplink() as deliver:
            try:
                for at_ns, moment in self._course:
                    if at_ns < self._clock.at_ns:
                        continue  # it came while the box was off
                    self._clock.show(at_ns)
                    if isinstance(moment, Reboot):
                        self._reboot(moment)
                        return
                    self._now.frame = self._seen(moment, cabinet)
                    yield self._now.frame
                    deliver()
            except CaptureError as e:
                self._fault = e  # what was seen until here is concluded and reported first
            self._ended = True

    def _reboot(self, ordered: Reboot) -> None:
        self._happened.append(Happened(self._clock.at_s, ordered.says))
        self._off_ns = round(ordered.off_s * NS)
        if ordered.how == "cut":
            self._now.is_cut = True
            raise PowerCutError

    def _seen(
        self, moment: Frame | Happening | None, cabinet: wiring.Cabinet[FreshRegistry]
    ) -> Frame | None:
        """Return the frame that the camera gives now, if any; let happen what is to happen."""
        if isinstance(moment, Happening):
            self._happen(moment, cabinet)
            return None
        if moment is None or not self._gives:
            return None
        now = self._clock.read()
        return Frame(moment.image, moment.index, now.now, now.monotonic_ns)

    def _happen(self, one: Happening, cabinet: wiring.Cabinet[FreshRegistry]) -> None:
        self._happened.append(Happened(self._clock.at_s, one.says))
        match one:
            case ClockSet():
                self._clock.set(one)
            case Network():
                self._platform.is_up = one.is_up
            case CameraGives():
                self._gives = one.gives
            case RegistryComes():
                put(self._run.place(one.file))
                cabinet.registry.look()
                cabinet.registry.wait()
            case _:
                self._device.tell(one)

    @contextmanager
    def _uplink(self) -> Iterator[Callable[[], None]]:
        """Deliver beside the daemon, as its own service does; every record is kept first."""
        with wiring.attached_outbox(self._config) as outbox:
            reader = wiring_delivery.receipts(self._config, outbox, self._clock)
            passing = Time(self._clock.monotonic_s, lambda _: None, lambda: 0.5)
            line = Uplink(outbox, self._platform.connect, reader, Pace(), passing)

            def deliver() -> None:
                self._collect(outbox)
                line.step(0.0)

            yield deliver
            deliver()

    def _collect(self, outbox: Outbox) -> None:
        last = self._records[-1] if self._records else None
        after = None if last is None else Place(last.epoch, last.seq)
        self._records += outbox.pending(after, MANY)
