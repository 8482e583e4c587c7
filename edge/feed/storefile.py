"""The outbox's file: its tables, and how its faults are told."""

from edge.errors import OutboxError
from edge.storefile import Kind

SCHEMA = """
PRAGMA auto_vacuum = INCREMENTAL;
BEGIN;
CREATE TABLE records (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, sha256 TEXT NOT NULL,
    sealed BLOB NOT NULL, appended_at REAL NOT NULL, worth INTEGER NOT NULL,
    PRIMARY KEY (epoch, seq)
) STRICT;
CREATE INDEX droppable ON records (worth, epoch, seq) WHERE worth < 9;
CREATE TABLE spans (
    epoch INTEGER NOT NULL, last INTEGER NOT NULL, last_sha256 TEXT NOT NULL,
    by_epoch INTEGER NOT NULL, by_seq INTEGER NOT NULL, PRIMARY KEY (epoch, last)
) STRICT, WITHOUT ROWID;
CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1), box TEXT NOT NULL, key_check TEXT NOT NULL,
    epoch INTEGER, seq INTEGER, sha256 TEXT,
    forgotten_epoch INTEGER, forgotten_seq INTEGER, forgotten_sha256 TEXT,
    kid TEXT, next_kid TEXT, checkpoint_epoch INTEGER, checkpoint_seq INTEGER,
    dropped INTEGER NOT NULL DEFAULT 0, last_seen_sha256 TEXT
) STRICT;
CREATE TABLE retired (kid TEXT PRIMARY KEY) STRICT;
CREATE TABLE written (kind TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT;
"""
MAKE_ROOM = (
    "Free some disk space, or let the uplink deliver, and check that box.state can be written;"
    " keep the outbox: nothing acknowledged is lost."
)


class NoRoomError(OutboxError):
    """The disk is full or cannot be written; the outbox itself may be sound."""


OUTBOX = Kind(
    name="outbox",
    a_name="an outbox",
    application_id=0x414E504F,  # "ANPO"
    version=3,
    schema=SCHEMA,
    owner="head",
    error=OutboxError,
    no_room=NoRoomError,
    make_room=MAKE_ROOM,
    mode=0o660,  # the uplink has a user of its own
)
