"""A run as a box records it: frames with their times, and what the device and the clock did.

Frames show plates: each is sealed to the tester's keys before it reaches the disk, and the box
cannot open it again. A recording that is ended by force can be played up to there.
"""

import json
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import cv2
import msgspec

from edge.closing import Closing
from edge.daemon.machine import Sealer
from edge.errors import RunError
from edge.housing.words import Change, Standing, Word
from edge.housing.words import Conditions as ConditionsWord
from edge.housing.words import Trigger as TriggerWord
from edge.ports import Clock
from edge.replay.device import MEASURED
from edge.replay.footage import COLUMNS, SEALED
from edge.replay.happenings import ClockSet, Conditions, Contact, Device, Happening, Trigger
from edge.replay.runfile import FORM, NAME
from edge.types import ClockReading, Frame

FRAMES, LIST = "frames", "frames.csv"
QUALITY = 95
JUMP = timedelta(seconds=0.5)
"""A clock that was set by less is slewed, and no matter."""
NS = 1_000_000_000


class Recording(Closing):
    """Writes one run; words of the device come on a thread of their own."""

    def __init__(self, folder: Path, sealer: Sealer, clock: Clock) -> None:
        """Begin a run now, in a folder that is not there yet. Raises RunError."""
        self.folder, self._sealer, self._clock = folder, sealer, clock
        self._lock = threading.Lock()
        self._first = self._last = clock.read()
        self.frames = 0
        try:
            (folder / FRAMES).mkdir(parents=True)
            self._run = (folder / NAME).open("x", encoding="utf-8")
            self._list = (folder / LIST).open("x", encoding="utf-8")
        except OSError as e:
            raise _unwritable(folder, e) from e
        began = json.dumps(f"{self._first.now:%Y%m%dT%H%M%SZ}")
        head = f"format = {FORM}\nstarts_at = {self._first.now:%Y-%m-%dT%H:%M:%S.%fZ}\n"
        self._write_run(f'{head}seed = {began}\nframes = "{LIST}"\n')
        self._write_list(",".join(COLUMNS))
        if not self._first.trusted:
            self._happen(ClockSet(at_s=0, trusted=False, error_ms=self._first.error_ms))

    def close(self) -> None:
        """Finish the files."""
        with self._lock:
            self._run.close()
            self._list.close()

    def take(self, frame: Frame) -> None:
        """Record a frame. Raises RunError when the disk does not take it."""
        with self._lock:
            self._note_clock(self._clock.read())
            at_s = (frame.monotonic_ns - self._first.monotonic_ns) / NS
            name = f"{FRAMES}/{self.frames:06}.jpg{SEALED}"
            _, jpeg = cv2.imencode(".jpg", frame.image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            try:
                (self.folder / name).write_bytes(self._sealer.seal(jpeg.tobytes()))
            except OSError as e:
                raise _unwritable(self.folder, e) from e
            self._write_list(f"{at_s:.6f},{name}")
            self.frames += 1

    def hear(self, word: Word) -> None:
        """Record what the device says."""
        with self._lock:
            now = self._clock.read()
            if not self._run.closed and (told := happening_of(word, self._at_s(now), now)):
                self._happen(told)

    def _note_clock(self, now: ClockReading) -> None:
        """Record that the clock was set, or is trusted otherwise, since it was looked at last."""
        last, self._last = self._last, now
        passed = timedelta(microseconds=(now.monotonic_ns - last.monotonic_ns) / 1000)
        jump = now.now - last.now - passed
        jump_s = jump.total_seconds() if abs(jump) >= JUMP else 0.0
        trusted = now.trusted if now.trusted != last.trusted else None
        if jump_s or trusted is not None:
            at_s = self._at_s(now)
            self._happen(
                ClockSet(at_s=at_s, jump_s=round(jump_s, 3), trusted=trusted, error_ms=now.error_ms)
            )

    def _at_s(self, now: ClockReading) -> float:
        return round((now.monotonic_ns - self._first.monotonic_ns) / NS, 6)

    def _happen(self, one: Happening) -> None:
        self._write_run(table_of_happening(one))

    def _write_run(self, text: str) -> None:
        self._run.write(text)
        self._run.flush()

    def _write_list(self, row: str) -> None:
        self._list.write(f"{row}\n")
        self._list.flush()


def table_of_happening(one: Happening) -> str:
    """Return something that happens as it stands in a run file."""
    told = {key: value for key, value in msgspec.structs.asdict(one).items() if value is not None}
    lines = [f"{key} = {_toml(value)}" for key, value in told.items()]
    return "\n".join(("", "[[happenings]]", f'what = "{one.what}"', *lines, ""))


def _toml(value: object) -> str:
    """Return a value as TOML; what JSON escapes, and no more than TOML wants, is escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def happening_of(word: Word, at_s: float, now: ClockReading) -> Happening | None:
    """Return a word of the device as something that happens in a run; None for a greeting."""
    match word:
        case Standing():
            return Device(
                at_s=at_s, connected=word.connected, triggers=word.triggers, cause=word.cause
            )
        case ConditionsWord():
            return Conditions(at_s=at_s, **{name: getattr(word, name) for name in MEASURED})
        case Change():
            return Contact(at_s=at_s, contact=word.contact, reports=word.reports, found=word.found)
        case TriggerWord():
            return Trigger(
                at_s=at_s,
                age_s=max(0.0, round((now.monotonic_ns - word.at_ns) / NS, 6)),
                error_us=word.error_us,
                lost=word.lost,
                is_test=word.is_test,
            )
    return None


def recipients_of(wanted: Sequence[str], evidence: Sequence[str]) -> tuple[str, ...]:
    """Return the keys that frames are sealed to: those wanted, or the authority's.

    Raises RunError where there is none: nothing is recorded in clear.
    """
    found = tuple(wanted) or tuple(evidence)
    if not found:
        cause = "Frames show plates, and there is no key to seal them to."
        raise RunError(cause, "Name the public age key of the tester with --to.")
    return found


def _unwritable(folder: Path, error: OSError) -> RunError:
    return RunError(
        f"The run cannot be written in {folder} ({error.strerror}).",
        "Name a new folder on a disk that has room, with --out.",
    )
