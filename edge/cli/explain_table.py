"""`explain --cases`: a case table against the packs."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from edge.access.cases import Case, apart, cases
from edge.access.rules import RulePack
from edge.cli.explained import answered
from edge.types import Decision, Outcome


class TableError(click.ClickException):
    """A case table that cannot be run: misuse, told in one sentence."""

    exit_code = 2


def run_table(table: Path, packs: Sequence[RulePack], as_json: bool) -> None:
    """Print every row on which we differ; exit 1 when there is one, 2 for a broken table."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            asked = list(cases(lines, packs))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise TableError(f"{table} cannot be run: {error}.") from error
    differing = apart(asked)
    if as_json:
        mismatches = [mismatch(case, ours) for case, ours in differing]
        click.echo(json.dumps({"cases": len(asked), "mismatches": mismatches}, indent=2))
    else:
        for case, ours in differing:
            click.echo(told(case, ours))
        click.echo(f"{len(asked) - len(differing)} of {len(asked)} cases agree.")
    if differing:
        raise SystemExit(1)


def told(case: Case, ours: Decision) -> str:
    """Return one mismatch as text."""
    sure = "certain" if case.certain else "not certain"
    safe = " (fails safe)" if ours.outcome is Outcome.REVIEW else ""
    return (
        f"{case.id} ({sure}, {case.rule_ref}): expected {case.expected}, "
        f"got {case.found(ours)}{safe} by {ours.rule}: {ours.reason}"
    )


def mismatch(case: Case, ours: Decision) -> dict[str, object]:
    """Return one mismatch as JSON."""
    expected = {"outcome": case.outcome, "consequence": case.consequence}
    if case.marks is not None:
        expected["marks"] = "+".join(sorted(case.marks))
    named = {"case": case.id, "certain": case.certain, "rule_ref": case.rule_ref}
    return {**named, "expected": expected, "got": answered(ours)}
