"""`python -m tools.publish`: keys, releases and rollouts of trusted updates."""

import sys

import click

from edge.errors import BoxError
from tools.publish.verbs import keys, look, release, staged, upkeep

FINDING, MISUSE = 1, 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def publish() -> None:
    """Make and sign the updates of boxes: registry, rule packs, models (deploy/UPDATES.md).

    Exit status: 0 fine, 1 refused or something that cannot be used, 2 misuse.
    """


for verb in (
    *(keys.key, keys.init, keys.rotate, keys.renew),
    *(staged.sign, staged.complete, staged.discard),
    *(release.registry, release.packs, release.models, release.share, release.withdraw),
    *(upkeep.refresh, upkeep.prune, look.show, look.check),
):
    publish.add_command(verb)


def main(arguments: list[str] | None = None) -> None:
    """Run; tell every fault in one sentence with its remedy."""
    try:
        publish(arguments, prog_name="tools.publish", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as e:
        e.show()
        sys.exit(MISUSE)
    except BoxError as e:
        click.echo(f"publish: {e.cause} {e.remedy}", err=True)
        sys.exit(FINDING)


if __name__ == "__main__":
    main()
