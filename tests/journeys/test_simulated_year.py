"""A year of traffic on one box, with all that goes wrong in one: RULES 1.7, the release rule.

`make year` plays 200,000 passages; in CI it is a short one with the same faults.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from edge.access.calendar import civil_day
from edge.access.desk import desk_passage
from edge.access.pack import SHIPPED, shipped
from edge.config import Zone
from edge.counts.record import Bookkeeper
from edge.counts.tally import tallies, tallies_of_resolution
from edge.daemon import wiring_law
from edge.daemon.gate import Gate
from edge.daemon.hours import Hours
from edge.feed.outbox import Outbox
from edge.record.chain import START as GENESIS
from edge.record.chain import check, examine
from edge.record.envelope import decode_part, split
from edge.record.keys import load_trusted
from edge.record.message import CountRecord, PassageRecord, ResolutionRecord, decode
from edge.registry.fresh import FreshRegistry
from edge.types import Envelope
from tests.cases import KEY
from tests.site import Site
from tests.year import DAY, FL, HOUR, NL, START, YEAR, Car, Paper, Town

PASSAGES = int(os.environ.get("ANPR_EDGE_YEAR_PASSAGES", "2000"))
CUT = 4 / PASSAGES
"""The chance that the power goes before a record is stored, or just after it."""
ZONES = (
    Zone(id=FL, pack="fl-zes", privacy="none"),
    Zone(id=NL, pack="nl-ze", privacy="none"),
)
OUTAGES = ((40, 43), (120, 121), (200, 219), (300, 309))
"""Days of the year on which no registry came; in the third stretch longer than anything is held."""
UNSURE = ((60, 61), (250, 252))
"""Days on which the clock was not synchronised."""


class PowerCutError(Exception):
    """The power went."""


@dataclass
class Stored:
    """What the platform got, and who drove by when: the truth beside the records."""

    envelopes: list[Envelope] = field(default_factory=list)
    drove: dict[tuple[str, datetime], Car] = field(default_factory=dict)
    answered: dict[datetime, datetime] = field(default_factory=dict)


class Year(Site):
    """A box in two zones, both enforced, on real files; the power may go at any record."""

    def __init__(self, folder: Path, town: Town) -> None:
        self.town, self.stored, self.chance = town, Stored(), random.Random(1)
        self.path, self.cuts = folder / "registry.sqlite", 0
        self.cut_next: str | None = None
        enforced_flanders(folder / "packs")
        laws = wiring_law.laws(ZONES, folder / "packs")
        town.registry(self.path, KEY, START)
        self.all_laws = laws
        super().__init__(folder)

    def start(self) -> None:
        self.laws = getattr(self, "all_laws", ())
        super().start()
        gate = Gate(shipped(), self.folder / "accepted.json", 0.05)
        self.file = FreshRegistry(self.path, KEY, gate)
        self.registry = self.file  # type: ignore[assignment]
        self.clock.boot = self.clock.now - timedelta(minutes=1)
        line = replace(self.pipeline, registry=self.file, count=tallies, laws=self.all_laws)
        self.pipeline = replace(line, outbox=Cutting(self, self.outbox))  # type: ignore[arg-type]
        writer = line.testimony
        self.hours = Hours(
            self.all_laws,
            self.clock,
            self.file,
            Bookkeeper(writer.provenance, writer.draw),
            line.signer,
            self.pipeline.outbox,
            self.casebook,
        )
        self.rounds = replace(wiring_release(self), registry=self.file, count=tallies_of_resolution)

    def stop(self) -> None:
        self.file.close()
        super().stop()

    def restart(self) -> None:
        self.stop()
        self.start()

    def surely(self, work: str, *args: object) -> None:
        """Do something to its end, however often the power goes meanwhile."""
        for _ in range(100):
            try:
                getattr(self, work)(*args)
                return
            except PowerCutError:
                self.cuts += 1
                self.restart()
        raise AssertionError("the power goes all the time")

    def drive(self, car: Car, at: datetime) -> None:
        """Let a car pass; a passage that a cut interrupted is not driven twice."""
        self.clock.now = at + timedelta(seconds=4)
        seen = desk_passage(car.country, at, car.plate)
        seen = replace(seen, seen_last=at + timedelta(seconds=2))
        boot = self.clock.boot
        first, last = (
            int((moment - boot).total_seconds() * 1e9)
            for moment in (seen.seen_first, seen.seen_last)
        )
        seen = replace(seen, first_monotonic_ns=first, last_monotonic_ns=last)
        try:
            self.pipeline.conclude(seen)
        except PowerCutError:
            self.cuts += 1
            self.restart()

    def notice(self) -> None:
        """Look whether a newer registry is there, and keep which one answers from when."""
        self.file.look()
        self.file.wait()
        snapshot = self.file.snapshot
        if snapshot is not None and snapshot.exemptions_as_of not in self.stored.answered:
            self.stored.answered[snapshot.exemptions_as_of] = self.clock.now

    def knew(self, paper: Paper, since: datetime, until: datetime) -> bool:
        """True when a registry that answered in a span showed a paper.

        What vanished without a trace between two registries, no box can know.
        """
        if paper.erased_at is None:
            return True
        return any(
            paper.known_at <= as_of < paper.erased_at and since <= at <= until
            for as_of, at in self.stored.answered.items()
        )

    def minute(self) -> None:
        """Do what the daemon does every minute, and let the platform take what there is."""
        self.notice()
        self.hours.close()
        self.rounds.round(at_once=None)
        waiting = self.outbox.pending(None, 100_000)
        if waiting:
            self.stored.envelopes += waiting
            self.outbox.forget_through(head_of(waiting[-1]))


class Cutting:
    """An outbox in front of which, or behind which, the power may go."""

    def __init__(self, year: Year, outbox: Outbox) -> None:
        self.year, self.outbox = year, outbox

    def __getattr__(self, name: str) -> object:
        return getattr(self.outbox, name)

    def append(self, envelope: Envelope) -> None:
        when = self.year.chance.random()
        if when < CUT:
            raise PowerCutError
        self.outbox.append(envelope)
        if when > 1 - CUT:
            raise PowerCutError


def wiring_release(year: Year):  # type: ignore[no-untyped-def]
    from edge.daemon.release import Release

    line = year.pipeline
    parts = (line.testimony, line.signer, line.outbox, line.casebook, year.room)
    return Release(year.file, year.all_laws, year.clock, *parts)


def head_of(envelope: Envelope):  # type: ignore[no-untyped-def]
    from edge.record.chain import Head

    return Head(envelope.epoch, envelope.seq, envelope.sha256)


def enforced_flanders(folder: Path) -> None:
    """Write the Flemish pack as if its decree were in force."""
    folder.mkdir()
    text = (SHIPPED / "fl-zes.toml").read_text()
    text = text.replace('status = "ontwerp"', 'status = "in_werking"')
    (folder / "fl-zes.toml").write_text(text.replace('handhaving = "uit"', 'handhaving = "aan"'))


def within(at: datetime, stretches: tuple[tuple[int, int], ...]) -> bool:
    day = (at - START) // DAY
    return any(first <= day < last for first, last in stretches)


def lived(folder: Path) -> tuple[Year, Town]:
    """Live through a year, and the weeks after it in which the last candidates end."""
    town = Town.founded(20280101, max(150, PASSAGES // 60))
    year = Year(folder, town)
    chance = random.Random(7)
    # The law changes on the first of January after it, and the truth here does not.
    moments = sorted(START + HOUR * 12 + (YEAR - DAY) * chance.random() for _ in range(PASSAGES))
    fetched = looked = START
    for at in [*moments, *(START + YEAR + n * DAY for n in range(1, 22))]:
        while fetched + DAY <= at:
            fetched += DAY
            fetch(year, town, fetched, chance)
        while looked + 4 * HOUR <= at:
            looked += 4 * HOUR
            year.clock.now, year.clock.trusted = looked, not within(looked, UNSURE)
            jump(year, looked, chance)
            year.surely("minute")
        if at > START + YEAR:
            continue
        pass_by(year, town, at, chance)
    year.clock.now = START + YEAR + 22 * DAY
    year.surely("minute")
    return year, town


def fetch(year: Year, town: Town, at: datetime, chance: random.Random) -> None:
    """Let the day's registry come: on most days, and not always whole."""
    if within(at, OUTAGES):
        return
    as_of = at + 5 * HOUR
    whole = chance.random() > 0.03
    town.registry(year.path, KEY, as_of, 1.0 if whole else 0.6)
    if chance.random() < 0.03:
        year.path.write_bytes(year.path.read_bytes()[:-100])  # its seal tells
    if chance.random() < 0.1:
        year.clock.now = as_of
        year.restart()


def jump(year: Year, now: datetime, chance: random.Random) -> None:
    """Now and then the clock stands days ahead for a while, and is believed."""
    if chance.random() < 0.01:
        year.clock.now = now + 3 * DAY
        year.surely("minute")
        year.clock.now = now


def pass_by(year: Year, town: Town, at: datetime, chance: random.Random) -> None:
    """Let a car drive by, some of them twice that day, and let its driver see to a permit."""
    car = chance.choice(town.cars)
    year.clock.trusted = not within(at, UNSURE)
    year.stored.drove[car.plate, at] = car
    year.drive(car, at)
    if car.accusable:
        town.after_entry(car, chance.choice((FL, NL)), at)
    if chance.random() < 0.2:
        again = at + timedelta(minutes=chance.randint(2, 59))
        year.stored.drove[car.plate, again] = car
        year.drive(car, again)
    if chance.random() < 0.02:
        town.long_record(car, at + DAY * chance.random())


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Year, Town]]:
    year, town = lived(tmp_path_factory.mktemp("year"))
    yield year, town
    year.stop()


@pytest.fixture(scope="module")
def told(after: tuple[Year, Town]) -> dict[str, list[tuple[Envelope, object]]]:
    found: dict[str, list[tuple[Envelope, object]]] = {}
    for envelope in after[0].stored.envelopes:
        data = decode(decode_part(split(envelope.jws)[1])).data
        found.setdefault(envelope.kind, []).append((envelope, data))
    return found


def resolutions(told: dict[str, list[tuple[Envelope, object]]]) -> list[ResolutionRecord]:
    return [r for _, r in told["resolution"] if isinstance(r, ResolutionRecord)]


def held(told: dict[str, list[tuple[Envelope, object]]]) -> dict[str, PassageRecord]:
    records = ((e, r) for e, r in told["passage"] if isinstance(r, PassageRecord))
    return {envelope.sha256: record for envelope, record in records if "held" in record.marks}


def test_the_year_had_everything_that_can_go_wrong(after, told) -> None:
    year, _ = after
    ends = Counter(record.state for record in resolutions(told))
    assert set(ends) == {"released", "withdrawn", "expired"}, ends
    assert min(ends.values()) >= 3, ends
    assert year.cuts >= 3
    rules = Counter(r.rule for _, r in told["passage"] if isinstance(r, PassageRecord))
    assert rules["CLOCK"]
    assert rules["STALE"]
    marks = Counter(m for _, r in told["passage"] for m in r.marks)  # type: ignore[attr-defined]
    assert marks["already_held"]
    print(json.dumps({"ends": ends, "held": len(held(told)), "cuts": year.cuts, "rules": rules}))


def test_nobody_is_released_who_held_a_valid_record_by_the_end_of_the_window(after, told) -> None:
    year, town = after
    released = [record for record in resolutions(told) if record.state == "released"]
    for record in released:
        assert record.plate is not None
        car = year.stored.drove[record.plate.text, record.entered_at]
        assert car.accusable
        papers = town.cleared(car, record.zone, record.entered_at, record.window_closed_at)
        known = [p for p in papers if year.knew(p, record.entered_at, record.window_closed_at)]
        assert known == [], (record.zone, record.entered_at, known)


def test_every_held_candidate_ends_in_exactly_one_resolution(after, told) -> None:
    ends = Counter(record.candidate.sha256 for record in resolutions(told))
    assert set(ends) == set(held(told))
    assert set(ends.values()) == {1}
    assert after[0].casebook.held() == []


def test_nothing_is_released_before_its_window_closed_or_on_an_older_registry(told) -> None:
    for envelope, record in told["resolution"]:
        assert isinstance(record, ResolutionRecord)
        if record.state == "released":
            at = decode(decode_part(split(envelope.jws)[1])).time
            assert at >= record.window_closed_at
            assert record.registry is not None
            assert record.registry.exemptions_as_of >= record.window_closed_at
            assert at - record.registry.exemptions_as_of <= 24 * HOUR


def test_a_plate_is_a_candidate_once_a_zone_and_day(after, told) -> None:
    year, _ = after
    plates = {at: car.plate for (_, at), car in year.stored.drove.items()}
    seen = Counter(
        (plates[record.seen_first], record.zone, civil_day(record.seen_first, "Europe/Brussels"))
        for record in held(told).values()
    )
    assert set(seen.values()) == {1}


def test_no_plate_left_but_those_released_and_none_stays(after, told) -> None:
    year, town = after
    for kind, records in told.items():
        for envelope, record in records:
            payload = decode_part(split(envelope.jws)[1])
            free = kind == "resolution" and record.state == "released"  # type: ignore[attr-defined]
            assert free or not any(car.plate.encode() in payload for car in town.cars[:40])
    for file in year.folder.glob("casebook.sqlite*"):
        content = file.read_bytes()
        assert not any(car.plate.encode() in content for car in town.cars)


def test_the_chain_is_whole(after) -> None:
    year, _ = after
    keyring = load_trusted(year.folder / "box.jwk")
    entries = [check(str(e.seq), e.jws, keyring) for e in year.stored.envelopes]
    assert examine("b1", entries, GENESIS, year.outbox.head() or GENESIS) == []


def test_the_figures_of_the_hours_are_those_of_the_records(after, told) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for _, record in told["count"]:
        assert isinstance(record, CountRecord)
        for value, n in record.figures.get("outcome", {}).items():
            counted[record.zone, value] += n
    recorded = Counter(
        (record.zone, record.outcome)
        for _, record in told["passage"]
        if isinstance(record, PassageRecord)
    )
    for key in counted | recorded:
        if key[1] in {"free_access", "no_access", "permit_possible", "exempt", "permitted"}:
            assert counted[key] == recorded[key], key
