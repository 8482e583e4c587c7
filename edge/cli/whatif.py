"""What another day's rules would say of recorded traffic: `explain --what-if DATE RUN` (R004-91).

Plates are looked up where a replay's own summary tells them; none is ever printed.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from edge.access.desk import desk_passage
from edge.access.rules import Law, RulePack
from edge.counts.compare import Shares, columns, judge, law_of
from edge.counts.vehicle import Scope
from edge.counts.words import NOT_ACTIVE, READ
from edge.errors import RecordError
from edge.feed.ledger import open_ledgers
from edge.record.envelope import RefusedError, decode_part, peek, split
from edge.record.message import PassageRecord, decode
from edge.registry.cache import RegistryCache
from edge.registry.token import load_key
from edge.types import Facts, Outcome

FINDING = 1
LIST, SUMMARY = "passages.jsonl", "summary.json"
ORDER = (*(outcome.value for outcome in Outcome), NOT_ACTIVE)
CAVEAT = (
    "Judged from the records alone: of a vehicle that complied they tell no mass, no body and no "
    "exemptions, so much stays review. Give --registry and --token-key with a replay's folder."
)


class Plate(msgspec.Struct, frozen=True):
    """What a replay's summary tells of a passage's plate."""

    plate: str
    country: str | None
    record: "PlaceOf"


class PlaceOf(msgspec.Struct, frozen=True):
    """The record that a passage became."""

    sha256: str


class Summary(msgspec.Struct, frozen=True):
    """The summary of a replay, as far as plates go."""

    passages: tuple[Plate, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is asked: a day, a run, and where the law and the vehicles are found."""

    day: date
    run: Path
    packs: Sequence[RulePack]
    own: Sequence[Law]
    registry: Path | None
    token_key: Path | None


def comparison_of(
    day: datetime,
    words: Sequence[str],
    packs: Sequence[RulePack],
    own: Sequence[Law],
    registry: Path | None,
    token_key: Path | None,
) -> Comparison:
    """Return the asked that a command line asks. Raises click.UsageError."""
    if len(words) == 1 and not Path(words[0]).exists():
        raise click.UsageError(f"--what-if: there is no {words[0]}; name a replay's --out folder.")
    if len(words) != 1:
        raise click.UsageError("--what-if needs one RUN: a replay's folder, or stored records.")
    return Comparison(day.date(), Path(words[0]), packs, own, registry, token_key)


def run_what_if(asked: Comparison, as_json: bool) -> None:
    """Print the shares by outcome of every zone; exit 1 when a record could not be read."""
    zones: dict[str, Shares] = {}
    left_out = 0
    with ExitStack() as stack:
        lookup = Lookup(asked, stack)
        for record, sha256 in passages(asked.run):
            law = None if record is None else law_of(record, asked.packs, asked.own)
            if record is None or law is None:
                left_out += 1
                continue
            shares = zones.setdefault(record.zone, Shares())
            try:
                judge(record, law, asked.day, lookup.facts(record, sha256), shares)
            except ValueError:  # a vehicle in words that no register writes
                left_out += 1
    if not zones and not left_out:
        raise RecordError(f"{asked.run} holds no passages.", "Give the --out folder of a replay.")
    show(zones, asked, left_out, as_json)
    if left_out:
        raise SystemExit(FINDING)


class Lookup:
    """Finds what a registry holds of the plates that a replay's summary tells."""

    def __init__(self, asked: Comparison, stack: ExitStack) -> None:
        """Open the registry, where one is given."""
        self.cache: RegistryCache | None = None
        self.plates: Mapping[str, Plate] = {}
        if asked.registry is None:
            return
        if asked.token_key is None:
            raise click.UsageError("--registry needs --token-key.")
        self.plates = plates_of(asked.run / SUMMARY)
        opened = RegistryCache.open(asked.registry, load_key(asked.token_key))
        self.cache = stack.enter_context(opened)

    def facts(self, record: PassageRecord, sha256: str) -> Facts | None:
        """Return the facts of a passage; None without a registry, or for a plate in doubt."""
        plate = self.plates.get(sha256)
        if self.cache is None or plate is None or record.rule == READ:
            return None
        return self.cache.facts(desk_passage(plate.country, record.seen_first, plate.plate))


def plates_of(path: Path) -> dict[str, Plate]:
    """Read a replay's summary. Raises RecordError."""
    try:
        read = msgspec.json.decode(path.read_bytes(), type=Summary)
    except OSError as e:
        raise RecordError(
            f"{path} cannot be read ({e.strerror}), and a registry is asked by plate.",
            "Give the --out folder of a replay, or leave --registry out.",
        ) from e
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise RecordError(f"{path} is not the summary of a replay.", "Replay it again.") from e
    return {passage.record.sha256: passage for passage in read.passages}


def passages(run: Path) -> Iterator[tuple[PassageRecord | None, str]]:
    """Yield every passage once, with the hash of its record; None is one that cannot be read."""
    seen: set[tuple[str, int, int]] = set()
    path = run / LIST if (run / LIST).is_file() else run
    for stored in (stored for ledger in open_ledgers(path) for stored in ledger.records):
        try:
            envelope = peek(stored.jws).envelope
            place = (envelope.box, envelope.epoch, envelope.seq)
            if envelope.kind != "passage" or place in seen:
                continue
            seen.add(place)
            yield decode(decode_part(split(stored.jws)[1])).data, envelope.sha256
        except (RefusedError, msgspec.DecodeError, RecursionError):
            yield None, ""


def show(zones: Mapping[str, Shares], asked: Comparison, left_out: int, as_json: bool) -> None:
    """Print the shares of every zone."""
    if as_json:
        told = {
            "what_if": asked.day.isoformat(),
            "registry": asked.registry is not None,
            "left_out": left_out,
            "zones": {zone: facts_of(shares) for zone, shares in sorted(zones.items())},
        }
        click.echo(json.dumps(told, indent=2))
        return
    for zone, shares in sorted(zones.items()):
        print_zone(zone, shares, asked.day)
    if asked.registry is None:
        click.echo(CAVEAT)
    if left_out:
        click.echo(f"{left_out} records cannot be read, or rest on a pack that is not here.")


def facts_of(shares: Shares) -> dict[str, object]:
    """Return the shares of a zone as JSON."""
    return {
        "scope": {scope.value: shares.scope[scope] for scope in Scope},
        **{
            name: {outcome: counted[outcome] for outcome in ORDER if counted[outcome]}
            for name, counted in columns(shares).items()
        },
        "review_then_may_be": dict(sorted(shares.open.items())),
    }


def print_zone(zone: str, shares: Shares, day: date) -> None:
    """Print the shares of one zone as a table."""
    inside, outside = shares.scope[Scope.IN], shares.scope[Scope.OUT]
    unknown = shares.scope[Scope.UNKNOWN]
    click.echo(f"Zone {zone}: {inside} in scope, {outside} out of scope, {unknown} not known.")
    grid = Table("outcome", "as recorded", "judged again", f"by the rules of {day}")
    for outcome in ORDER:
        counted = [column[outcome] for column in columns(shares).values()]
        if any(counted):
            grid.add_row(outcome, *(f"{n} ({n / inside:.1%})" for n in counted))
    Console().print(grid)
    for possible, n in sorted(shares.open.items()):
        click.echo(f"  review then: {n} could be {possible}")
