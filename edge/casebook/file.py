"""The casebook's file: its tables, and how its faults are told."""

from edge.errors import CasebookError
from edge.storefile import Kind

SCHEMA = """
BEGIN;
CREATE TABLE book (
    one INTEGER PRIMARY KEY CHECK (one = 1), box TEXT NOT NULL,
    kind TEXT, epoch INTEGER, seq INTEGER, sha256 TEXT, sealed BLOB
) STRICT;
CREATE TABLE held (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, about BLOB NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (epoch, seq)
) STRICT;
CREATE TABLE released (sha256 TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
CREATE TABLE days (
    zone TEXT NOT NULL, day TEXT NOT NULL, token TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (zone, day, token)
) STRICT;
CREATE TABLE hours (
    zone TEXT NOT NULL, hour TEXT NOT NULL, figure TEXT NOT NULL, value TEXT NOT NULL,
    n INTEGER NOT NULL, PRIMARY KEY (zone, hour, figure, value)
) STRICT;
CREATE TABLE orders (
    rests_on TEXT PRIMARY KEY, reason TEXT NOT NULL, given_at TEXT NOT NULL
) STRICT;
"""


class NoRoomError(CasebookError):
    """The disk is full or cannot be written; the casebook itself may be sound."""


CASEBOOK = Kind(
    name="casebook",
    a_name="a casebook",
    application_id=0x414E5043,  # "ANPC"
    version=3,
    schema=SCHEMA,
    owner="book",
    error=CasebookError,
    no_room=NoRoomError,
    make_room=(
        "Free some disk space, and check that box.state can be written;"
        " keep the casebook: what is held is in it."
    ),
)
