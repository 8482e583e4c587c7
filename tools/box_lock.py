"""`python -m tools.box_lock`: the part of requirements.lock that a box needs."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import click
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PIN = re.compile(r"^(?=[a-z0-9])", re.MULTILINE)


@click.command()
@click.option("--machine", type=click.Choice(["x86_64", "aarch64"]), required=True)
def main(machine: str) -> None:
    """Print the locked versions and hashes of what runs on a box of this kind.

    What the workshop needs besides (tests, training) is left out.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = closure(project["dependencies"], machine)
    click.echo("".join(locked((ROOT / "requirements.lock").read_text(), needed)), nl=False)


def closure(asked: list[str], machine: str) -> frozenset[str]:
    """Return the names of what is asked for and of all that it needs on that machine."""
    return frozenset(needs(asked, machine))


def needs(asked: list[str], machine: str) -> dict[str, frozenset[str]]:
    """Return what is asked for and all that it needs on that machine, each with its own needs.

    What each needs is read from what is installed here, at the locked versions.
    """
    found: dict[str, frozenset[str]] = {}
    seen = set[tuple[str, str]]()
    waiting = [Requirement(text) for text in asked]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        for extra in {"", *wanted.extras} - {e for n, e in seen if n == name}:
            seen.add((name, extra))
            direct = list(_needs(wanted.name, extra, machine))
            named = {canonicalize_name(need.name) for need in direct}
            found[name] = found.get(name, frozenset()) | named
            waiting += direct
    return found


def _needs(name: str, extra: str, machine: str) -> Iterator[Requirement]:
    there = {"extra": extra, "platform_machine": machine, "sys_platform": "linux"}
    for need in map(Requirement, requires(name) or ()):
        if need.marker is None or need.marker.evaluate(there):
            yield need


def locked(lock: str, names: frozenset[str]) -> Iterator[str]:
    """Yield the pins of these names, with their hashes, as they stand in the lock."""
    for pin in PIN.split(lock):
        if pin.partition("==")[0] in names:
            yield pin


if __name__ == "__main__":
    main()
