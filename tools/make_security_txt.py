"""`python -m tools.make_security_txt`: where to report a vulnerability (RFC 9116)."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import click

from tools.box_lock import ROOT

VALID = timedelta(days=364)
"""RFC 9116 wants less than a year: what nobody renews must not be believed for longer."""
SCHEMES = {"mailto", "https", "tel"}


def _uri(
    context: click.Context, option: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    for uri in given:
        parts = urlsplit(uri)
        if parts.scheme not in SCHEMES or not uri.isascii() or not uri.isprintable() or " " in uri:
            raise click.BadParameter(
                f"{uri!r} is no address: write mailto:security@..., https://... or tel:+..."
            )
    return given


@click.command()
@click.option("--contact", multiple=True, required=True, callback=_uri, help="Best first.")
@click.option("--policy", multiple=True, callback=_uri, help="Where SECURITY.md can be read.")
@click.option("--canonical", multiple=True, callback=_uri, help="Where this file is served.")
def main(contact: tuple[str, ...], policy: tuple[str, ...], canonical: tuple[str, ...]) -> None:
    """Print the file, for https://DOMAIN/.well-known/security.txt of whoever operates the boxes.

    It expires 364 days after SOURCE_DATE_EPOCH or, without that, after the last commit.
    """
    click.echo(text(built(), Contact=contact, Policy=policy, Canonical=canonical), nl=False)


def text(made: datetime, **uris: tuple[str, ...]) -> str:
    """Return the file: each address under its field, and when it is no longer to be believed."""
    fields = [f"{field}: {uri}" for field, given in uris.items() for uri in given]
    fields.append(f"Expires: {made + VALID:%Y-%m-%dT%H:%M:%SZ}")
    fields.append("Preferred-Languages: en, nl")
    return "".join(f"{field}\n" for field in fields)


def built() -> datetime:
    """Return the moment that this build counts from. Raises ClickException where there is none."""
    epoch_s = os.environ.get("SOURCE_DATE_EPOCH") or _committed_s()
    try:
        return datetime.fromtimestamp(int(epoch_s), UTC)
    except (ValueError, OverflowError, OSError) as e:
        raise click.ClickException(
            f"The build has no date: {epoch_s!r} is no number of seconds since 1970. "
            "Set SOURCE_DATE_EPOCH, or build in a clone of the repository."
        ) from e


def _committed_s() -> str:
    command = ["git", "log", "-1", "--format=%ct"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
