"""What the box makes of a street, vehicle by vehicle: as found, and as a file expects it."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from edge.errors import RunError
from tools.golden_suite.street import SUITE

HEAD = """\
# What the box makes of streets/{name}.toml, which says what is due. Written by
# python -m tools.golden_suite --write --only {name}
"""


class Decided(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was decided in one zone, and why."""

    outcome: str
    rule: str
    consequence: str
    reason: str


class Found(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One vehicle, by its number in the street's file; `plate` None where it was missed.

    `sureness` is the mean over its near readings of log P(what the reader saw | the real plate),
    in nats: 0 is certainty. `passages` counts those made of it, right or wrong, `others` are all of
    them but the one that is told.
    """

    number: int
    verdict: str
    passages: int
    others: tuple[str, ...] = ()
    plate: str | None = None
    country: str | None = None
    direction: str | None = None
    lane: str | None = None
    wrong_way: bool = False
    doubt: str | None = None
    sureness: float | None = None
    zones: dict[str, Decided] = {}

    @property
    def outcomes(self) -> dict[str, str]:
        """Return what was decided, zone by zone."""
        return {zone: decided.outcome for zone, decided in self.zones.items()}


class Outcomes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole street; `strays` are passages of no vehicle that is due one."""

    vehicles: tuple[Found, ...]
    strays: tuple[str, ...] = ()


def expected_file(name: str, suite: Path = SUITE) -> Path:
    """Return the file that says what is expected of a street."""
    return suite / "expected" / f"{name}.toml"


def read_expected(name: str, suite: Path = SUITE) -> Outcomes:
    """Read what is expected of a street. Raises RunError where that is not known."""
    path = expected_file(name, suite)
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Outcomes)
    except FileNotFoundError as e:
        raise RunError(f"Nothing is expected of {name} yet.", "Write it with --write.") from e
    except (OSError, msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as e:
        raise RunError(f"{path} cannot be read ({e}).", "Write it anew with --write.") from e


def as_toml(name: str, outcomes: Outcomes) -> str:
    """Return the file that expects these outcomes."""
    return HEAD.format(name=name) + "\n".join(_lines(outcomes)) + "\n"


def _lines(outcomes: Outcomes) -> Iterator[str]:
    yield f"strays = {json.dumps(outcomes.strays)}"
    for found in outcomes.vehicles:
        yield from ("", "[[vehicles]]")
        yield from _table(found, ("zones",))
        for zone, decided in found.zones.items():
            yield f"[vehicles.zones.{zone}]"
            yield from _table(decided)


def _table(table: msgspec.Struct, without: Sequence[str] = ()) -> Iterator[str]:
    for name in table.__struct_fields__:
        value = getattr(table, name)
        if value is not None and name not in without:
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}"
