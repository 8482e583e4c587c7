"""The record that a casebook wrote down, rotted: the chain neither loses nor repeats one."""

from datetime import timedelta
from pathlib import Path

import pytest

from edge.daemon.recovery import recover
from edge.errors import CasebookError
from edge.record.chain import Head
from edge.record.envelope import seal
from edge.record.message import DroppedSpan
from edge.types import Envelope, Link
from tests.cases import T0
from tests.edge.access.world import van
from tests.rot import rot
from tests.site import OTHER, CutError, Site

NONSENSE: tuple[object, ...] = (None, 0, 7, -1, 2.5, "", "x", b"", b"\xff", b"a.b.c", bytes(9))
PROVEN_BESIDES = ("kind", "epoch", "seq")
"""The bytes and their hash tell these too."""


def boxed(folder: Path, monkeypatch: pytest.MonkeyPatch, cut: bool) -> list[Envelope]:
    """Leave a box whose last record was written down, and stored unless the power was cut."""
    site = Site(folder)
    site.passes()

    def fail(*_: object) -> None:
        raise CutError

    with monkeypatch.context() as m:
        if cut:
            m.setattr(type(site.outbox), "append", fail)
            with pytest.raises(CutError):
                site.passes(OTHER)
        else:
            site.passes(OTHER)
    chain = site.chain()
    intent = site.casebook.intent()
    assert isinstance(intent, Envelope)
    site.stop()
    return chain if not cut else [*chain, intent]


@pytest.mark.parametrize("value", NONSENSE, ids=repr)
@pytest.mark.parametrize("column", [*PROVEN_BESIDES, "sha256", "sealed"])
def test_a_damaged_record_that_is_stored_is_forgotten_and_the_chain_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str, value: object
) -> None:
    chain = boxed(tmp_path, monkeypatch, cut=False)
    rot(tmp_path / "casebook.sqlite", "book", column, value)
    site = Site(tmp_path)
    assert site.casebook.intent() is None
    assert site.chain() == chain
    site.passes("1ZZZ993")
    site.passes(OTHER)
    assert len(site.chain()) == len(chain) + 2
    site.proven()
    site.stop()


@pytest.mark.parametrize("delivered", [False, True])
@pytest.mark.parametrize("column", ["sha256", "sealed"])
def test_a_damaged_record_that_drops_came_after_is_known_as_stored(
    tmp_path: Path, column: str, delivered: bool
) -> None:
    """A drop does not pass through the casebook: the last record there is not the last of all."""
    site = Site(tmp_path)
    site.registry.vehicles["V001AB"] = van(zero_emission=True)
    for n in range(12):
        site.passes("V001AB", T0 + timedelta(seconds=n))
    dropped = site.outbox.drop(lambda _: True, lambda link, spans: write_drop(site, link, spans))
    assert dropped is not None
    assert [e.kind for e in site.chain()] == ["passage", "passage", "drop"]
    if delivered:
        site.outbox.forget_through(Head(dropped.epoch, dropped.seq, dropped.sha256))
    site.stop()
    rot(tmp_path / "casebook.sqlite", "book", column, b"" if column == "sealed" else "x")
    site = Site(tmp_path)
    assert site.casebook.intent() is None
    site.passes(OTHER)
    assert site.outbox.head() == Head(1, 14, site.chain()[-1].sha256)
    site.stop()


def write_drop(site: Site, link: Link, spans: tuple[DroppedSpan, ...]) -> Envelope:
    message = site.clerk.drop("outbox_full", spans, None, site.clock.read(), link)
    return seal(message, site.pipeline.signer)


@pytest.mark.parametrize("value", NONSENSE, ids=repr)
@pytest.mark.parametrize("column", PROVEN_BESIDES)
def test_a_record_whose_bytes_are_whole_is_appended_whatever_rotted_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str, value: object
) -> None:
    chain = boxed(tmp_path, monkeypatch, cut=True)
    rot(tmp_path / "casebook.sqlite", "book", column, value)
    site = Site(tmp_path)
    assert site.chain() == chain
    site.proven()
    site.stop()


@pytest.mark.parametrize("value", NONSENSE, ids=repr)
@pytest.mark.parametrize("column", ["sha256", "sealed"])
def test_a_record_that_nothing_proves_and_nobody_else_has_stops_the_start_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str, value: object
) -> None:
    stored = boxed(tmp_path, monkeypatch, cut=True)[:-1]
    path = tmp_path / "casebook.sqlite"
    rot(path, "book", column, value)
    monkeypatch.setattr("tests.site.recover", lambda *_: None)
    site = Site(tmp_path)
    assert site.chain() == stored
    with pytest.raises(CasebookError, match="is damaged"):
        site.passes("1ZZZ993")  # no other takes its place in the casebook
    for _ in range(2):
        with pytest.raises(CasebookError, match="damaged, and not in the outbox"):
            recover(site.casebook, site.outbox)
    assert site.chain() == stored
    site.stop()
