"""What people did on the panel is in the chain, once signed; nothing in that folder can hurt."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from edge.daemon.deeds import AT_ONCE, EVERY_S, Deeds
from edge.errors import ReportError
from edge.panel.sessions import Session
from edge.panel.trail import MOST_WAITING, Trail
from edge.record.deed import MAX_BYTES
from edge.record.envelope import decode_part, split
from edge.record.message import AuditRecord, decode
from edge.types import Envelope
from tests.site import Site

SESSION = Session("9f86d081", "token:j.jansen", "csrf", 0, 0)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "panel").mkdir()
    return Site(tmp_path)


def deeds(site: Site) -> Deeds:
    line = site.pipeline
    parts = (site.clock, line.testimony, line.signer, site.outbox, site.casebook)
    return Deeds(site.folder / "panel", *parts)


def record(envelope: Envelope) -> AuditRecord:
    found = decode(decode_part(split(envelope.jws)[1])).data
    assert isinstance(found, AuditRecord)
    return found


def test_a_deed_is_signed_into_the_chain_and_its_file_goes(site: Site) -> None:
    trail = Trail(site.folder / "panel")
    trail.write("login", SESSION)
    trail.write("settings_changed", SESSION, before="a1" * 32)
    signed = [record(envelope) for envelope in deeds(site).look()]
    assert [one.action for one in signed] == ["login", "settings_changed"]
    assert (signed[1].by, signed[1].session) == ("token:j.jansen", "9f86d081")
    assert signed[1].details == {"before": "a1" * 32}
    assert trail.waiting() == 0
    site.proven()


def test_a_cut_before_the_file_goes_signs_it_twice_under_one_id(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    Trail(site.folder / "panel").write("login", SESSION)

    def cut(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", cut)
        (first,) = deeds(site).look()
    (second,) = deeds(site).look()
    assert record(first).act == record(second).act
    site.proven()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[" * 5000,
        b"\xff\xfe",
        b'{"id":"x","at":"now","action":"login","by":"me"}',
        b"x" * (MAX_BYTES + 1),
    ],
)
def test_a_file_that_holds_no_deed_is_told_of_and_goes(site: Site, content: bytes) -> None:
    (site.folder / "panel" / "1.json").write_bytes(content)
    (signed,) = deeds(site).look()
    assert (record(signed).action, record(signed).by) == ("unreadable", "nobody")
    assert list((site.folder / "panel").glob("*.json")) == []


def test_neither_a_link_nor_a_pipe_holds_the_daemon_up(site: Site, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (site.folder / "panel" / "1.json").symlink_to(tmp_path / "secret")
    os.mkfifo(site.folder / "panel" / "2.json")
    assert [record(one).action for one in deeds(site).look()] == ["unreadable"] * 2
    assert (tmp_path / "secret").read_text() == "secret"


def held_open() -> set[Path]:
    """What this process holds open; a handle that goes meanwhile is none."""
    held = set()
    for handle in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            held.add(handle.readlink())
    return held


def test_what_cannot_be_removed_is_signed_once_and_costs_no_handle(site: Site) -> None:
    now = [0.0]
    looked = deeds(site)
    looked.monotonic = lambda: now[0]
    stays, signed = site.folder / "panel" / "1.json", 0
    stays.mkdir()
    for _ in range(5):
        now[0] += EVERY_S
        signed += len(looked.look())
    assert signed == 1
    assert stays not in held_open()
    stays.rmdir()
    Trail(site.folder / "panel").write("login", SESSION)
    now[0] += EVERY_S
    assert [record(one).action for one in looked.look()] == ["login"]


def test_a_file_that_stays_for_a_while_is_signed_once_and_goes_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    looked = deeds(site)
    looked.monotonic = lambda: now[0]
    trail = Trail(site.folder / "panel")
    trail.write("login", SESSION)

    def refused(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refused)
        assert len(looked.look()) == 1
        now[0] += EVERY_S
        assert looked.look() == []
    now[0] += EVERY_S
    assert (looked.look(), trail.waiting()) == ([], 0)


def test_a_flood_is_signed_a_few_at_a_time(site: Site) -> None:
    trail = Trail(site.folder / "panel")
    for _ in range(AT_ONCE + 5):
        trail.write("login", SESSION)
    looked = deeds(site)
    assert len(looked.look()) == AT_ONCE
    assert looked.look() == []  # not before a second has gone by
    assert trail.waiting() == 5


def test_a_trail_that_nobody_signs_has_an_end(tmp_path: Path) -> None:
    for number in range(MOST_WAITING):
        (tmp_path / f"{number}.json").touch()
    with pytest.raises(ReportError, match="nothing was done"):
        Trail(tmp_path).write("login", SESSION)


def test_a_box_without_a_panel_signs_nothing(site: Site) -> None:
    (site.folder / "panel").rmdir()
    assert deeds(site).look() == []
