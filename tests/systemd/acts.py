"""What each service does to the state of a box, done by its own code: who may, and who may not."""

import codecs
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from edge.casebook.casebook import Casebook
from edge.daemon.deeds import waiting
from edge.errors import BoxError
from edge.feed.ballast import Ballast
from edge.feed.hint import Hint
from edge.feed.opening import ballast_path
from edge.feed.outbox import Outbox
from edge.housing.line import KIND
from edge.housing.listener import MODE, Listener
from edge.panel.trail import Trail
from edge.record.chain import Head
from edge.record.deed import deed_of
from edge.record.evidence import EvidenceRoom
from edge.registry.accepted import Accepted, read_accepted, write_accepted
from edge.settings import write
from edge.types import Snapshot
from edge.update.releases import File, Release
from edge.update.shelf import Shelved, activate, active, settle, stage
from edge.update.unfit import Unfit, remember, unfit
from tests.chains import NOW, STORAGE_KEY, Pen

UMASK = 0o007
TOKEN_KEY = b"t" * 32
ACCEPTED = Accepted(Snapshot("s1", "1" * 64, NOW, NOW), 1, 1)


def watch(state: Path) -> None:
    """Append as the daemon does, beside a picture, and write down a registry."""
    pen = Pen("b1")
    with Outbox.open(state / "outbox.sqlite", "b1", STORAGE_KEY) as outbox:
        Casebook.open(state / "casebook.sqlite", "b1", TOKEN_KEY).close()
        if outbox.head() is None:
            outbox.append(pen.write())
        outbox.check_writable()
    room = EvidenceRoom(state / "evidence", "b1")
    kept = room.keep({"overview": b"age"})
    room.hand_over(kept.refs[0].sha256, kept.key)
    write_accepted(state / "accepted" / "registry.accepted.json", ACCEPTED)


def deliver(state: Path) -> None:
    """Forget what was delivered, as the uplink does, and take a hint."""
    with Outbox.attach(state / "outbox.sqlite", STORAGE_KEY) as outbox:
        for waiting in outbox.pending(None, 10):  # the first time there is one
            outbox.forget_through(Head(waiting.epoch, waiting.seq, waiting.sha256))
        assert outbox.pending(None, 10) == []
        assert Ballast(ballast_path(state / "outbox.sqlite")).give_part()
        assert outbox.has_ballast()
    room = EvidenceRoom(state / "evidence", "b1")
    (released,) = room.released()
    assert room.read(released) == b"age"
    room.forget(released)
    Hint(state / "updates" / "hint")("a" * 64)
    assert (state / "updates" / "hint").read_text() == "a" * 64


def update(state: Path) -> None:
    """Put packs in force as a sync does, having asked what the daemon accepted last."""
    assert read_accepted(state / "accepted" / "registry.accepted.json") == ACCEPTED
    staged = stage(state, "packs", 1)
    (staged / "nl-ze.toml").write_text("law")
    file = File("nl-ze.toml", "packs/1/nl-ze.toml", 3, "0" * 64)
    release = Release(1, "one", 100, "", (file,), NOW)
    activate(settle(staged, Shelved(release, datetime.now(UTC))))


def step_back(state: Path) -> None:
    """Read the packs in force, and remember that they do not start, as the daemon does."""
    place = active(state, "packs")
    assert place is not None
    assert (place / "nl-ze.toml").read_text() == "law"
    remember(state / "packs", Unfit(1, "one", "It is broken.", NOW))
    assert unfit(state / "packs")


def serve(state: Path) -> None:
    """Open the socket of the housing where the daemon looks for it, and leave it."""
    listener = Listener(housing(state), tuple, lambda word: None)
    listener.close()
    door = socket.socket(socket.AF_UNIX, KIND)
    door.bind(str(housing(state)))
    housing(state).chmod(MODE)
    door.close()


def call(state: Path) -> None:
    """Call at that socket: nobody answers, and only who may call gets to know that."""
    with socket.socket(socket.AF_UNIX, KIND) as end, suppress(ConnectionRefusedError):
        end.connect(str(housing(state)))


def housing(state: Path) -> Path:
    """Return where the socket is, beside a state."""
    return state.parents[2] / "run" / "anpr-edge" / "s"


def technician(state: Path) -> None:
    """Leave a deed, ask for a stick and keep settings, as the panel does."""
    Trail(state / "panel").write("stick_asked")
    with (state / "panel" / "stick").open("r+") as file:
        file.write("now")
    write(state / "settings" / "site.toml", "[camera]")


def sign_deeds(state: Path) -> None:
    """Take what people did on the panel, and open the hatch, as the daemon does."""
    (deed,) = waiting(state / "panel")
    assert deed_of(deed.read_bytes()) is not None
    deed.unlink()
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(str(state / "panel" / "daemon.sock"))
    (state / "panel" / "daemon.sock").unlink()


def read_settings(state: Path) -> None:
    """Read what was drawn on the panel, as every service does."""
    assert (state / "settings" / "site.toml").read_text() == "[camera]"


def forge_deed(state: Path) -> None:
    """Leave a deed that nobody did."""
    Trail(state / "panel").write("login")


def draw(state: Path) -> None:
    """Change what was drawn."""
    write(state / "settings" / "site.toml", "")


def open_casebook(state: Path) -> None:
    """Read who is held."""
    Casebook.attach(state / "casebook.sqlite").close()


def open_outbox(state: Path) -> None:
    """Read what waits for the platform."""
    (state / "outbox.sqlite").read_bytes()


def look_at_pictures(state: Path) -> None:
    """Look at the pictures."""
    EvidenceRoom(state / "evidence", "b1").released()


def change_law(state: Path) -> None:
    """Put other packs in force."""
    stage(state, "packs", 2)


def litter(state: Path) -> None:
    """Make a file beside the outbox."""
    (state / "litter").write_text("")


ACTS: tuple[Callable[[Path], None], ...] = (
    *(watch, deliver, update, step_back, serve, call),
    *(technician, sign_deeds, read_settings, forge_deed, draw),
    *(open_casebook, open_outbox, look_at_pictures, change_law, litter),
)


def become(uid: int, gid: int, groups: list[int]) -> None:
    """Be another user from now on; this Python may lie where that user cannot start it."""
    codecs.lookup("ascii")  # loaded when it is first asked for
    os.setgroups(groups)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    os.umask(UMASK)


if __name__ == "__main__":
    name, state, *numbers = sys.argv[1:]
    uid, gid, *groups = map(int, numbers)
    become(uid, gid, groups)
    try:
        {act.__name__: act for act in ACTS}[name](Path(state))
    except (BoxError, PermissionError) as e:
        sys.exit(f"refused: {e}")
