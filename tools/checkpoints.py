"""What an earlier training left in files, and when a later one may go on from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from zipfile import BadZipFile

import click

UNREADABLE = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError),
    *(UnpicklingError, BadZipFile),
)
"""What PyTorch and NumPy raise of a file that is not what it should be."""


@contextmanager
def legible(path: Path, remedy: str) -> Iterator[None]:
    """Say which file could not be read, and what to do. Raises ClickException."""
    try:
        yield
    except UNREADABLE as e:
        raise click.ClickException(
            f"{path} is cut off, damaged, or of another version of this network. {remedy}"
        ) from e


def refuse_unasked(kept: Path, resume: bool) -> None:
    """Refuse to begin anew where hours of training are kept.

    Raises UsageError.
    """
    if not resume:
        raise click.UsageError(
            f"{kept} holds a training that was not asked for. Go on from it with --resume, or "
            "delete it to begin anew."
        )
