"""`registry`, `packs`, `models`, `share`, `withdraw`: what boxes may take."""

from collections.abc import Callable
from pathlib import Path

import click

from edge.cli.finite import Finite
from edge.registry.token import load_key
from edge.update.releases import FAMILIES, Family, Releases
from tools.publish import index as indexes
from tools.publish import of_packs, of_registry
from tools.publish.commit import Pen
from tools.publish.family import (
    KEPT,
    Parcel,
    Terms,
    next_version,
    published_index,
    refuse_waiting,
    released,
    same_as_newest,
)
from tools.publish.options import (
    FILE,
    FOLDER,
    finish_earlier,
    sign_and_publish,
    signing,
)
from tools.publish.repository import Repository
from tools.publish.roles import TIMESTAMP

share_option = click.option(
    "--share",
    type=click.IntRange(0, 100),
    default=100,
    show_default=True,
    help="To how many per cent of the boxes it goes at first; see `share`.",
)
keep_option = click.option(
    "--keep",
    type=click.IntRange(2),
    default=KEPT,
    show_default=True,
    help="How many releases stay at least; `prune` deletes what older ones leave.",
)
name_option = click.option("--id", "name", help="What people call this release.")


@click.command()
@click.option("--file", "file", type=FILE, required=True, help="Of build_registry, with its seal.")
@click.option("--token-key", type=FILE, required=True, help="The key that it was built with.")
@click.option(
    "--max-shrink",
    type=Finite(0, 1),
    default=0.05,
    show_default=True,
    help="Which part of its rows it may have lost since the release before.",
)
@click.option(
    "--max-lost",
    type=Finite(0, 1),
    default=0.002,
    show_default=True,
    help="Which part of the exemptions that have not ended it may no longer know, for each day "
    "since the release before.",
)
@click.option(
    "--not-compared",
    is_flag=True,
    help="Compare with no release before: every box gets another token key or software.",
)
@share_option
@keep_option
@signing
def registry(
    file: Path,
    token_key: Path,
    max_shrink: float,
    max_lost: float,
    not_compared: bool,
    share: int,
    keep: int,
    repository: Repository,
    pen: Pen,
) -> None:
    """Release a registry, whole and as a delta from the release before.

    Refused unless it is whole and sealed, its canaries have their outcomes by the shipped law,
    it is of no day to come, has the token key of the release before, is no older and hardly
    smaller than that, and knows the exemptions of it that have not ended.
    """
    secret = load_key(token_key)
    bounds = of_registry.Bounds(max_shrink, pen.expires(TIMESTAMP), not not_compared, max_lost)

    def parcel(index: Releases, work: Path) -> Parcel:
        return of_registry.parcel_of(repository, index, file, secret, bounds, work)

    release(repository, "registry", parcel, Terms(share, keep), pen)


@click.command()
@click.option("--from", "source", type=FOLDER, required=True, help="NAME.toml, NAME.cases.csv.")
@click.option(
    "--calendar",
    type=FOLDER,
    default=of_packs.LAW,
    help="NAME.csv: what must follow on the days of the law; without it, ours.",
)
@name_option
@share_option
@keep_option
@signing
def packs(
    source: Path,
    calendar: Path,
    name: str | None,
    share: int,
    keep: int,
    repository: Repository,
    pen: Pen,
) -> None:
    """Release the rule packs of a folder; refused unless each agrees with its case table.

    And with the calendar of the law: what must follow on the day before every date of it, from
    its first instant, and on the day.
    """

    def parcel(index: Releases, _: Path) -> Parcel:
        return of_packs.parcel_of(source, name or f"packs-{indexes.next_number(index)}", calendar)

    release(repository, "packs", parcel, Terms(share, keep), pen)


@click.command()
@click.option("--from", "source", type=FOLDER, required=True, help="manifest.toml and its files.")
@name_option
@share_option
@keep_option
@signing
def models(
    source: Path,
    name: str | None,
    share: int,
    keep: int,
    repository: Repository,
    pen: Pen,
) -> None:
    """Release the models of a manifest with golden.json and its pictures (tools.make_golden).

    Refused unless each file is the one that is pinned, and they read every picture right.
    """
    from tools.publish import of_models  # brings the models' runtime: only where it is asked for

    def parcel(index: Releases, _: Path) -> Parcel:
        return of_models.parcel_of(source, name or f"models-{indexes.next_number(index)}")

    release(repository, "models", parcel, Terms(share, keep), pen)


def release(
    repository: Repository,
    family: Family,
    parcel_of: Callable[[Releases, Path], Parcel],
    terms: Terms,
    pen: Pen,
) -> None:
    """Check, store, sign and publish a release; the same one twice changes nothing.

    `parcel_of` is given an empty folder to work in.
    """
    with repository.locked(), repository.workroom() as work:
        finish_earlier(repository, pen)
        refuse_waiting(repository, family)
        index = published_index(repository, family)
        parcel = parcel_of(index, work)
        if (same := same_as_newest(index, parcel)) is not None:
            click.echo(f"Release {same.number} of {family} holds these very files already.")
            return
        made, version = released(repository, family, parcel, terms, pen)
        if sign_and_publish(repository, {family: version}, pen):
            bases = "".join(f", with a delta from {delta.base}" for delta in made.deltas)
            whom = f"for {made.share}% of the boxes{bases}"
            click.echo(f"Published release {made.number} of {family}, {made.id}, {whom}.")


@click.command()
@click.argument("family", type=click.Choice(FAMILIES))
@click.argument("number", type=click.IntRange(1))
@click.argument("per_cent", type=click.IntRange(0, 100))
@signing
def share(
    family: Family,
    number: int,
    per_cent: int,
    repository: Repository,
    pen: Pen,
) -> None:
    """Offer release NUMBER of FAMILY to PER_CENT of the boxes.

    A box that has it keeps it when the share shrinks; `withdraw` takes it back.
    """

    def change(index: Releases) -> Releases:
        return indexes.shared(index, number, per_cent)

    if changed(repository, family, change, pen):
        click.echo(f"Release {number} of {family} is for {per_cent}% of the boxes.")


@click.command()
@click.argument("family", type=click.Choice(FAMILIES))
@click.argument("number", type=click.IntRange(1))
@click.option("--reason", required=True, help="One line, which every box repeats.")
@signing
def withdraw(
    family: Family,
    number: int,
    reason: str,
    repository: Repository,
    pen: Pen,
) -> None:
    """Take back release NUMBER of FAMILY: boxes return to the newest that stands (a rollback)."""
    if not reason.strip() or not reason.isprintable():
        raise click.BadParameter("Give the reason as one line of text.", param_hint="--reason")

    def change(index: Releases) -> Releases:
        return indexes.taken_back(index, number, reason.strip())

    if changed(repository, family, change, pen):
        click.echo(f"Release {number} of {family} is withdrawn.")


def changed(
    repository: Repository, family: Family, change: Callable[[Releases], Releases], pen: Pen
) -> bool:
    """Change an index, sign and publish it; True when it is published."""
    with repository.locked():
        finish_earlier(repository, pen)
        refuse_waiting(repository, family)
        index = change(published_index(repository, family))
        return sign_and_publish(repository, {family: next_version(repository, index, {}, pen)}, pen)
