"""A run played on the daemon itself: only what meets the world is put in its place.

Camera, clock, device, network, chance and hardware are the run's; everything between them is
what `anpr-edge run` runs. One thread does it all, in the order of the run's own times.
"""

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeAlias

from edge.daemon import wiring
from edge.daemon.body import Body
from edge.daemon.figures import Figures
from edge.daemon.pipeline import Conclusion, Pipeline
from edge.daemon.run import Seams, Stop, run_version
from edge.daemon.silence import Silence
from edge.daemon.uplink import Pace, Time, Uplink
from edge.daemon.watch import OwnWatch
from edge.daemon.wiring_camera import shots
from edge.errors import CaptureError
from edge.feed.outbox import Outbox
from edge.feed.receipts import receipt_reader
from edge.record.chain import Place
from edge.record.keys import load_public, load_signer
from edge.registry.fresh import FreshRegistry
from edge.replay.clock import RunClock
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
from edge.replay.made import KEYS, PLATFORM, Likeness, Seed, machine, make, put, with_device
from edge.replay.platform import Platform
from edge.replay.runfile import Run
from edge.replay.session import Asked, Happened, Notebook, Played, Watch, asks_nothing
from edge.types import Envelope, Frame

NS = 1_000_000_000
IDLE_NS, LONG_IDLE_NS, LONG_AFTER_NS = NS, 60 * NS, 30 * NS
"""Without a frame the daemon looks about every second; after a while of that, once a minute."""
MANY = 100_000
Moment: TypeAlias = Frame | Happening | None
Timed: TypeAlias = tuple[int, Moment]


class PowerCutError(Exception):
    """The run cuts the power of the box."""


class Course:
    """The moments of a run in order: frames, what happens, and seconds without either."""

    def __init__(self, run: Run, pictures: Pictures) -> None:
        """Begin at the beginning."""
        self._run, self._pictures = run, pictures
        self._last_ns = self._frame_ns = 0
        self._moments = self._filled()

    def __iter__(self) -> Iterator[tuple[int, Moment]]:
        """Go on where the last loop ended: a run goes on through a reboot."""
        return self._moments

    def _filled(self) -> Iterator[tuple[int, Moment]]:
        for at_ns, moment in self._known():
            yield from self._idle(at_ns)
            if isinstance(moment, Frame):
                self._frame_ns = at_ns
            self._last_ns = max(self._last_ns, at_ns)
            yield at_ns, moment
        if self._run.ends_s is not None:
            yield from self._idle(round(self._run.ends_s * NS) + 1)

    def _known(self) -> Iterator[tuple[int, Moment]]:
        """Yield frames and happenings; at one moment what happens comes first."""
        happenings: Iterator[Timed] = ((round(h.at_s * NS), h) for h in self._run.happenings)
        frames: Iterator[Timed] = ((f.monotonic_ns, f) for f in self._pictures.frames())
        end_ns = None if self._run.ends_s is None else round(self._run.ends_s * NS)
        for at_ns, moment in heapq.merge(happenings, frames, key=lambda timed: timed[0]):
            if end_ns is not None and at_ns > end_ns:
                return
            yield at_ns, moment

    def _idle(self, until_ns: int) -> Iterator[tuple[int, Moment]]:
        while True:
            is_long = self._last_ns - self._frame_ns >= LONG_AFTER_NS
            due_ns = self._last_ns + (LONG_IDLE_NS if is_long else IDLE_NS)
            if due_ns >= until_ns:
                return
            self._last_ns = due_ns
            yield due_ns, None


@dataclass(frozen=True, slots=True)
class Account:
    """What came of a run: what was seen, and every record that the box wrote, in order."""

    played: Played
    records: tuple[Envelope, ...]
    delivered: int


class PlayedCamera:
    """The camera of a run; implements `LiveFrames`. It leads the run from moment to moment."""

    def __init__(self, moments: Callable[[], Iterator[Frame | None]]) -> None:
        """Give the frames of these moments."""
        self._moments = moments
        self.answers = self.dropped = 0

    def frames(self) -> Iterator[Frame | None]:
        """Yield each frame, None where there is none."""
        for frame in self._moments():
            self.answers += 1
            yield frame

    def nudge(self) -> None:
        """Do nothing: nobody waits."""

    def stop(self) -> None:
        """Do nothing: a run ends by itself."""

    def close(self) -> None:
        """Let go of nothing."""


class NotedWatch(OwnWatch):
    """The watch of the daemon, with a notebook beside it."""

    def __init__(
        self, camera: PlayedCamera, book: Notebook, silence: Silence, body: Body, lab: "Laboratory"
    ) -> None:
        """Watch as the daemon does."""
        super().__init__(camera, book.line, silence, body)
        self._book, self._lab = book, lab

    def conclusions(self) -> Iterator[Sequence[Conclusion]]:
        """Yield the conclusions of each frame, and every second where none comes."""
        for found in super().conclusions():
            frame, at_s = self._lab.frame, self._lab.clock.at_s
            if frame is None:
                self._book.rest(found, at_s)
            else:
                self._book.step(frame, found, at_s)
            yield found

    def finish(self) -> Sequence[Conclusion]:
        """Conclude on the vehicles still in the picture; after a cut of the power nobody does."""
        if self._lab.is_cut:
            return ()
        found = super().finish()
        self._book.rest(found, self._lab.clock.at_s)
        return found


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
        self.clock, self.frame = RunClock(run.starts_at), None
        self.is_cut = False
        self._run, self._course, self._pictures = run, Course(run, pictures), pictures
        self._watch, self._asked = watch, asked
        self._seed = Seed(run.seed)
        self._device = PlayedDevice(self.clock)
        needs_device = any(self._device.tells(one) for one in run.happenings)
        self._config = with_device(box.config) if needs_device else box.config
        make(box, self._seed)
        self._machine = machine(self._seed, self.clock)
        self._platform = Platform(load_signer(PLATFORM), self.clock)
        self._gives = True
        self._off_ns = 0
        self._ended = False
        self._fault: CaptureError | None = None
        self._books: list[Notebook] = []
        self._happened: list[Happened] = []
        self._records: list[Envelope] = []

    frame: Frame | None
    clock: RunClock

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
        self.frame, self.is_cut = None, False
        seams = Seams(
            clock=self.clock, machine=self._machine, watch=self._opened, heard=self._heard
        )
        try:
            run_version(self._config, Stop(()), Figures(), seams)
        except PowerCutError:
            self.is_cut = True
        with wiring.attached_outbox(self._config) as outbox:
            self._collect(outbox)
        self.clock.show(self.clock.at_ns + self._off_ns)
        self._off_ns = 0
        self.clock.reboot()

    def _heard(self, *_: object) -> AbstractContextManager[None]:
        return nullcontext()

    def _opened(
        self, cabinet: wiring.Cabinet[FreshRegistry], line: Pipeline, body: Body
    ) -> NotedWatch:
        """Open what the daemon watches the road with."""
        self._device.meet(cabinet.housing)
        book = Notebook(line, self._watch, self._asked)
        self._books.append(book)
        fired = shots(cabinet.config, cabinet.housing)
        camera = PlayedCamera(lambda: self._moments(cabinet))
        return NotedWatch(camera, book, Silence(self.clock, fired), body, self)

    def _moments(self, cabinet: wiring.Cabinet[FreshRegistry]) -> Iterator[Frame | None]:
        """Lead the run: let each moment come, then let the daemon do its step."""
        with self._uplink() as deliver:
            try:
                for at_ns, moment in self._course:
                    if at_ns < self.clock.at_ns:
                        continue  # it came while the box was off
                    self.clock.show(at_ns)
                    if isinstance(moment, Reboot):
                        self._reboot(moment)
                        return
                    self.frame = self._seen(moment, cabinet)
                    yield self.frame
                    deliver()
            except CaptureError as e:
                self._fault = e  # what was seen until here is concluded and reported first
            self._ended = True

    def _reboot(self, ordered: Reboot) -> None:
        self._happened.append(Happened(self.clock.at_s, ordered.says))
        self._off_ns = round(ordered.off_s * NS)
        if ordered.how == "cut":
            self.is_cut = True
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
        now = self.clock.read()
        return Frame(moment.image, moment.index, now.now, now.monotonic_ns)

    def _happen(self, one: Happening, cabinet: wiring.Cabinet[FreshRegistry]) -> None:
        self._happened.append(Happened(self.clock.at_s, one.says))
        match one:
            case ClockSet():
                self.clock.set(one)
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
            reader = receipt_reader(outbox.box, load_public(KEYS.platform))
            passing = Time(self.clock.monotonic_s, lambda _: None, lambda: 0.5)
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
