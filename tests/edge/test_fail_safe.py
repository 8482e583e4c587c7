"""The fail-safe table of RULES 7, row by row: in none of them does a candidate leave the box.

Every row begins with a lorry that is accused, and with a registry file that is sound; then one
thing goes wrong. What follows is seen on the real parts: registry file, gate, pipeline, casebook,
outbox, release.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.access.pack import shipped
from edge.casebook.entries import Order as Withdrawal
from edge.daemon.alarms import Alarms, Watched
from edge.daemon.gate import Gate
from edge.record.envelope import decode_part, split
from edge.record.message import AlarmRecord, PassageRecord, ResolutionRecord, decode
from edge.registry.fresh import FreshRegistry
from edge.registry.seal import digest_of, seal_of
from edge.types import Envelope
from tests.chains import STORAGE_KEY
from tests.site import HOUR, LAWS, Site
from tools.build_registry import Order, build

KEY = b"k" * 32
PLATE = "V999ZZ"
T0 = datetime(2028, 6, 1, 8, tzinfo=UTC)
NOW = datetime(2028, 6, 2, 6, tzinfo=UTC)
VEHICLES = """\
country,plate,category,vehicle_kind,max_mass_kg,reference_mass_kg,fuel,hybrid_class,is_ze,\
euro_norm,stage,power_kw,first_registration,body_codes,valid_from,valid_to
NL,V999ZZ,N1,van,3500,2000,diesel,none,no,4,,,2009-06-01,-,,
"""
EXEMPTIONS = (
    "record_id,source,issuer,country,plate,type,status,scope,valid_from,valid_to,requested_at\n"
)


def build_at(folder: Path, as_of: datetime, exemptions: int, name: str) -> Path:
    """Build a sound registry with so many exemptions of other vehicles."""
    folder.mkdir(exist_ok=True)
    (folder / "vehicles.csv").write_text(VEHICLES)
    lines = [
        f"r{n},t,t,NL,V{n:03}BB,NL-ON-HARDHEID,toegekend,national,2025-01-01,,\n"
        for n in range(exemptions)
    ]
    (folder / "exemptions.csv").write_text(EXEMPTIONS + "".join(lines))
    (folder / "token.key").write_text(KEY.hex())
    (folder / "storage.key").write_text(STORAGE_KEY.hex())
    tables = (folder / "vehicles.csv", folder / "exemptions.csv", folder / "token.key")
    build(Order((tables[0],), *tables[1:], name, as_of, as_of, folder / "registry.sqlite", None))
    return folder / "registry.sqlite"


def put(made: Path, place: Path) -> None:
    """Put a registry in its place as a fetch does."""
    shutil.move(seal_of(made), seal_of(place))
    shutil.move(made, place)


def spoil(path: Path, statement: str) -> None:
    """Change a registry and seal it again: only what it says can give it away."""
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)
        db.commit()
    with path.open("rb") as stream:
        seal_of(path).write_text(digest_of(stream))


class Box(Site):
    """A box in Utrecht on a real registry file, behind its gate."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "registry.sqlite"
        put(build_at(folder / "first", T0 - HOUR, 100, "first"), self.path)
        super().__init__(folder)

    def start(self) -> None:
        packs = tuple(pack for pack in shipped() if pack.id == "nl-ze")
        gate = Gate(packs, self.folder / "accepted.json", 0.05, max_lost=1)
        super().start()
        self.file = FreshRegistry(self.path, KEY, gate)
        self.registry = self.file  # type: ignore[assignment]
        self.pipeline = replace(self.pipeline, registry=self.file)
        watched = {"registry": Watched(lambda: self.file.refused, "Fetch it again.")}
        line = self.pipeline
        parts = (line.clock, line.testimony, line.signer, line.outbox, line.casebook)
        self.alarms = Alarms(watched, *parts)

    def stop(self) -> None:
        self.file.close()
        super().stop()

    def notice(self) -> None:
        self.file.look()
        self.file.wait()

    def fetch(self, exemptions: int = 100, as_of: datetime = NOW - timedelta(minutes=30)) -> None:
        put(build_at(self.folder / "next", as_of, exemptions, "next"), self.path)
        self.notice()

    def day_after(self) -> None:
        """Let the window close, and let the box do what it does every minute."""
        self.clock.now = NOW
        self.notice()
        self.alarms.look()
        self.release.round()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.stop()


def said(box: Box, kind: type) -> list[object]:
    found = [decode(decode_part(split(e.jws)[1])).data for e in box.chain()]
    return [data for data in found if isinstance(data, kind)]


def states(box: Box) -> list[str]:
    return [data.state for data in said(box, ResolutionRecord)]  # type: ignore[attr-defined]


def alarms(box: Box) -> list[str]:
    return [data.cause for data in said(box, AlarmRecord)]  # type: ignore[attr-defined]


def no_candidate_left(box: Box) -> None:
    assert "released" not in states(box)
    assert all(PLATE.encode() not in decode_part(split(e.jws)[1]) for e in box.chain())


def test_where_nothing_goes_wrong_the_candidate_is_released(box: Box) -> None:
    box.passes(PLATE, T0)
    box.fetch()
    box.day_after()
    assert states(box) == ["released"]
    assert alarms(box) == []


def lost(path: Path) -> None:
    path.unlink()


def unsealed(path: Path) -> None:
    seal_of(path).unlink()


def wrongly_sealed(path: Path) -> None:
    seal_of(path).write_text("0" * 64)


def another_schema(path: Path) -> None:
    spoil(path, "PRAGMA user_version = 99")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])
    with path.open("rb") as stream:
        seal_of(path).write_text(digest_of(stream))


def emptied(path: Path) -> None:
    spoil(path, "DELETE FROM exemptions")


def partial(path: Path) -> None:
    spoil(path, "DELETE FROM exemptions WHERE record_id LIKE 'r1%'")


def half_a_status(path: Path) -> None:
    spoil(path, "UPDATE exemptions SET status = 'toegek'")


def without_canaries(path: Path) -> None:
    spoil(path, "DELETE FROM canaries")
    spoil(path, "UPDATE meta SET value = '0' WHERE name = 'canaries'")


MISSING: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (lost, "no registry file"),
    "unsigned": (unsealed, "lacks its seal"),
    "signed as another": (wrongly_sealed, "not the one its seal names"),
    "of another schema": (another_schema, "schema 99"),
    "cut off": (truncated, "damaged"),
    "empty": (emptied, "holds 0 exemptions|no exemption but made-up ones"),
    "partial": (partial, "exemptions, it was built with"),
    "without canaries": (without_canaries, "no canary"),
}


@pytest.mark.parametrize("how", MISSING)
def test_exemption_data_missing_empty_unsigned_or_of_a_wrong_schema(box: Box, how: str) -> None:
    """Row 1: the previous one stays, nothing is released on it after its time, and an alarm."""
    wrong, words = MISSING[how]
    box.passes(PLATE, T0)
    made = build_at(box.folder / "next", NOW - timedelta(minutes=30), 100, "next")
    wrong(made)
    for part in (made, seal_of(made)):
        place = box.path if part == made else seal_of(box.path)
        place.unlink(missing_ok=True)
        if part.exists():
            shutil.move(part, place)
    box.day_after()
    box.day_after()
    no_candidate_left(box)
    assert len(box.casebook.held()) == 1
    (cause,) = alarms(box)
    assert any(word in cause for word in words.split("|"))
    assert box.file.snapshot is not None
    assert box.file.snapshot.id == "first"
    box.stop()
    box.start()  # and after a restart there is none at all: review
    box.day_after()
    no_candidate_left(box)
    after = box.passes(PLATE, NOW)
    assert (after.decision.outcome, after.decision.rule) == ("review", "REGISTRY")


@pytest.mark.parametrize(("rows", "refused"), [(94, True), (95, False), (30, True)])
def test_the_row_count_drops_by_more_than_five_percent(box: Box, rows: int, refused: bool) -> None:
    """Row 2: the new one is not taken, also after a restart, and an alarm."""
    box.passes(PLATE, T0)
    box.fetch(exemptions=rows)  # beside the two of the canaries
    box.day_after()
    assert (states(box) == []) is refused
    if refused:
        no_candidate_left(box)
        assert "exemptions, more than 5%" in alarms(box)[0]
        box.stop()
        box.start()
        box.day_after()
        no_candidate_left(box)


def test_data_that_come_out_of_order(box: Box) -> None:
    """Row 3: an older state after a newer one is refused (there are no deltas yet)."""
    box.fetch(as_of=T0 - timedelta(minutes=30))
    box.passes(PLATE, T0)
    box.fetch(as_of=T0 - timedelta(minutes=45))
    box.day_after()
    no_candidate_left(box)
    assert "older than those accepted before" in alarms(box)[0]


@pytest.mark.parametrize("days", [8, 30])
def test_a_snapshot_older_than_its_highest_age(box: Box, days: int) -> None:
    """Row 4: classified as usual, but review where it would accuse; and nothing is released."""
    box.passes(PLATE, T0)
    late = T0 + timedelta(days=days)
    found = box.passes(PLATE, late)
    assert (found.decision.outcome, found.decision.rule) == ("review", "STALE")
    box.release.round()
    no_candidate_left(box)


@pytest.mark.parametrize("wrong", ["no sync", "set while in sight"])
def test_a_clock_that_is_wrong(box: Box, wrong: str) -> None:
    """Row 5: no release, and the passage is an aggregate: no look-up, no plate, no candidate."""
    box.clock.trusted = wrong != "no sync"
    if wrong != "no sync":
        box.clock.boot += timedelta(hours=1)
        box.passes(PLATE, T0)
        box.clock.boot -= timedelta(hours=1)
    box.stop()
    box.start()
    box.clock.now = T0
    found = box.passes(PLATE, T0)
    if wrong == "no sync":
        assert (found.decision.outcome, found.decision.rule) == ("review", "CLOCK")
        assert box.casebook.held() == []
        box.clock.trusted = True
        box.passes(PLATE, T0)
    box.fetch()
    box.clock.trusted = False
    box.day_after()
    no_candidate_left(box)


def test_a_clock_that_jumped_ahead_releases_nothing(box: Box) -> None:
    """Row 5: the window needs a registry that is dated after its end, whatever the clock says."""
    box.passes(PLATE, T0)
    box.day_after()
    box.clock.now = T0 + timedelta(days=10)
    box.release.round()
    no_candidate_left(box)


@pytest.mark.parametrize("when", ["at the passage", "at the release"])
def test_a_pack_that_has_expired(box: Box, when: str) -> None:
    """Row 6: review only."""
    law = LAWS[0]
    day = T0.date() if when == "at the passage" else NOW.date()
    expired = replace(law, pack=replace(law.pack, expires=day))
    if when == "at the passage":
        box.stop()
        box.laws = (expired,)
        box.start()
    found = box.passes(PLATE, T0)
    assert (found.decision.outcome == "review") is (when == "at the passage")
    box.laws = (expired,)
    box.fetch()
    box.day_after()
    no_candidate_left(box)


def test_a_canary_that_gives_another_outcome(box: Box) -> None:
    """Row 7: the registry is not taken, the one before stays, and an alarm."""
    box.passes(PLATE, T0)
    made = build_at(box.folder / "next", NOW - timedelta(minutes=30), 100, "next")
    spoil(made, "UPDATE exemptions SET status = 'afgewezen' WHERE source = 'kanarie'")
    put(made, box.path)
    box.day_after()
    no_candidate_left(box)
    assert box.file.snapshot is not None
    assert box.file.snapshot.id == "first"
    assert "A canary of registry next is no_access and must be permitted" in alarms(box)[0]


@pytest.mark.parametrize("rests_on", ["first", "nl-ze", LAWS[0].pack.sha256[:12]])
def test_an_error_that_is_found_later(box: Box, rests_on: str) -> None:
    """Row 8: everything that rests on it is listed and withdrawn."""
    box.passes(PLATE, T0)
    box.casebook.order(Withdrawal(rests_on, "it was bad", T0 + HOUR))
    box.fetch()
    box.day_after()
    assert states(box) == ["withdrawn"]
    assert box.casebook.held() == []
    no_candidate_left(box)


@pytest.mark.parametrize("how", ["cut", "naive", "deep", "negative"])
def test_what_was_accepted_last_cannot_be_read(box: Box, how: str) -> None:
    """Without it a shrunken registry would pass: none is taken, and an alarm says what to do."""
    kept = box.folder / "accepted.json"
    good = kept.read_text()
    bad = {
        "cut": good[:50],
        "naive": good.replace("Z", "", 1),
        "deep": "[" * 100_000,
        "negative": good.replace('"vehicles":', '"vehicles":-'),
    }
    box.passes(PLATE, T0)
    box.stop()
    kept.write_text(bad[how])
    box.start()
    box.fetch()
    box.day_after()
    no_candidate_left(box)
    assert "What was accepted last" in alarms(box)[0]


def test_a_canary_of_no_moment_is_a_refusal_and_no_crash(box: Box) -> None:
    box.passes(PLATE, T0)
    made = build_at(box.folder / "next", NOW - timedelta(minutes=30), 100, "next")
    spoil(made, "UPDATE canaries SET at = 1000000000000000")
    put(made, box.path)
    box.day_after()
    no_candidate_left(box)
    assert "canary" in alarms(box)[0]


def test_an_alarm_is_raised_once_for_a_fault(box: Box) -> None:
    seal_of(box.path).unlink()
    box.notice()
    raised: list[Envelope] = [alarm for _ in range(3) for alarm in box.alarms.look()]
    assert len(raised) == 1
    box.proven()


def test_half_a_status_word_is_a_review_and_no_refusal(box: Box) -> None:
    """A cell that no builder writes is found when it is asked for."""
    box.stop()
    spoil(box.path, "UPDATE vehicles SET kind = 999 WHERE max_mass_kg = 3500")
    (box.folder / "accepted.json").unlink()
    box.start()
    found = box.passes(PLATE, T0)
    assert found.decision.outcome == "review"
    assert box.casebook.held() == []


def test_every_passage_of_this_table_has_a_record_that_says_why(box: Box) -> None:
    seal_of(box.path).unlink()
    box.stop()
    box.start()
    box.passes(PLATE, T0)
    (record,) = said(box, PassageRecord)
    assert "lacks its seal" in record.reason  # type: ignore[attr-defined]
