"""The receiver's tables: the same in SQLite and in PostgreSQL."""

APPLICATION_ID = 0x414E5052  # "ANPR"
SCHEMA_VERSION = 3
TABLES = (
    # how it stands with each box: the last record of its proven chain, the key that signed it, and
    # the key that it named if it is a rotation
    """CREATE TABLE IF NOT EXISTS boxes (
        box TEXT PRIMARY KEY, epoch BIGINT, seq BIGINT, sha256 TEXT, kid TEXT, next_kid TEXT,
        received BIGINT NOT NULL DEFAULT 0, duplicates BIGINT NOT NULL DEFAULT 0)""",
    # the proven chains
    """CREATE TABLE IF NOT EXISTS records (
        box TEXT NOT NULL, epoch BIGINT NOT NULL, seq BIGINT NOT NULL, sha256 TEXT NOT NULL,
        kind TEXT NOT NULL, kid TEXT NOT NULL, jws {bytes} NOT NULL, received_at TEXT NOT NULL,
        PRIMARY KEY (box, epoch, seq))""",
    """CREATE INDEX IF NOT EXISTS health ON records (box, epoch, seq) WHERE kind = 'health'""",
    """CREATE INDEX IF NOT EXISTS rotations ON records (box, epoch) WHERE kind = 'rotation'""",
    # proven, but beyond a gap
    """CREATE TABLE IF NOT EXISTS waiting (
        box TEXT NOT NULL, epoch BIGINT NOT NULL, seq BIGINT NOT NULL, sha256 TEXT NOT NULL,
        kind TEXT NOT NULL, prev TEXT NOT NULL, kid TEXT NOT NULL, jws {bytes} NOT NULL,
        received_at TEXT NOT NULL, PRIMARY KEY (box, epoch, seq, sha256))""",
    # proven, but another record has the place: the branch that came second
    """CREATE TABLE IF NOT EXISTS forks (
        box TEXT NOT NULL, epoch BIGINT NOT NULL, seq BIGINT NOT NULL, sha256 TEXT NOT NULL,
        reason TEXT NOT NULL, jws {bytes} NOT NULL, received_at TEXT NOT NULL,
        PRIMARY KEY (box, epoch, seq, sha256))""",
    # what boxes dropped on a full disk, and the drop record that says so
    """CREATE TABLE IF NOT EXISTS spans (
        box TEXT NOT NULL, epoch BIGINT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL,
        last_sha256 TEXT NOT NULL, by_epoch BIGINT NOT NULL, by_seq BIGINT NOT NULL,
        PRIMARY KEY (box, epoch, first, last))""",
    # refused: some of each reason are kept as evidence, all are counted; box '' is any unknown one
    """CREATE TABLE IF NOT EXISTS refused (
        box TEXT NOT NULL, sha256 TEXT NOT NULL, reason TEXT NOT NULL, cause TEXT NOT NULL,
        jws {bytes} NOT NULL, received_at TEXT NOT NULL, PRIMARY KEY (box, sha256))""",
    """CREATE TABLE IF NOT EXISTS refusals (
        box TEXT NOT NULL, reason TEXT NOT NULL, messages BIGINT NOT NULL,
        PRIMARY KEY (box, reason))""",
    # the platform's own signature over places of a chain
    """CREATE TABLE IF NOT EXISTS countersigned (
        box TEXT NOT NULL, epoch BIGINT NOT NULL, seq BIGINT NOT NULL, sha256 TEXT NOT NULL,
        received_at TEXT NOT NULL, jws {bytes} NOT NULL, PRIMARY KEY (box, epoch, seq))""",
)
NAMES = (
    "boxes",
    "records",
    "waiting",
    "forks",
    "spans",
    "refused",
    "refusals",
    "countersigned",
)
