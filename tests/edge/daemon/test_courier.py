"""The courier: a picture leaves the box only on the platform's word that it is stored."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.daemon.courier import LOOK_S, RETRY_LIMIT_S, Courier
from edge.daemon.uplink import Time
from edge.errors import EvidenceError, FeedError
from edge.feed.receipts import evidence_receipt_reader, sign_receipt
from edge.ports import Signer
from edge.record.envelope import TrustedKey
from edge.record.evidence import EvidenceRoom
from edge.record.keys import create_signer, load_public
from edge.record.message import EvidenceReceipt, Receipt

NOW = datetime(2028, 6, 1, 8, tzinfo=UTC)


class Platform:
    """Takes files, or fails as told, and answers with its word."""

    def __init__(self, signer: Signer) -> None:
        self.signer, self.taken = signer, []  # type: ignore[var-annotated]
        self.fault: Exception | None = None
        self.refused: set[str] = set()
        self.box = "box-1"
        self.silent = False

    def deliver(self, sha256: str, age: bytes) -> bytes | None:
        if self.fault is not None:
            raise self.fault
        if sha256 in self.refused:
            raise EvidenceError("The receiver did not take a picture (400).", "Ask.")
        self.taken.append(sha256)
        return None if self.silent else self.word(sha256, len(age))

    def word(self, sha256: str, size: int) -> bytes:
        told = EvidenceReceipt(box=self.box, evidence=sha256, bytes=size, stored_at=NOW)
        return sign_receipt(told, self.signer)


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(create_signer(tmp_path / "platform.pem", None))


@pytest.fixture
def room(tmp_path: Path) -> EvidenceRoom:
    """A room with three released files and two that are held."""
    made = EvidenceRoom(tmp_path / "evidence", "box-1")
    for i in range(3):
        kept = made.keep({"crop": b"released %d" % i})
        made.hand_over(kept.refs[0].sha256, kept.key)
    made.keep({"overview": b"held", "crop": b"held too"})
    return made


@pytest.fixture
def trusted(tmp_path: Path, platform: Platform) -> TrustedKey:
    return load_public(tmp_path / "platform.jwk")


def courier(room: EvidenceRoom, platform: Platform, trusted: TrustedKey) -> Courier:
    reader = evidence_receipt_reader("box-1", trusted)
    return Courier(room, platform, reader, Time(draw=lambda: 1.0))


def test_what_was_released_leaves_and_what_is_held_stays(
    room: EvidenceRoom, platform: Platform, trusted: TrustedKey
) -> None:
    wanted = room.released()
    assert courier(room, platform, trusted).round() == 0
    assert platform.taken == wanted
    assert room.released() == []
    assert len(room.held()) == 2


def test_a_closed_way_ends_the_round_and_is_tried_ever_less_often(
    room: EvidenceRoom, platform: Platform, trusted: TrustedKey
) -> None:
    platform.fault = FeedError("No network.", "Wait.")
    line = courier(room, platform, trusted)
    assert line.pause_s() == LOOK_S
    pauses = []
    for _ in range(12):
        assert line.round() == 3
        pauses.append(line.pause_s())
    assert pauses[:3] == [4.0, 8.0, 16.0]
    assert max(pauses) == RETRY_LIMIT_S
    platform.fault = None
    assert line.round() == 0
    assert line.pause_s() == LOOK_S


def test_pauses_are_spread(room: EvidenceRoom, platform: Platform, trusted: TrustedKey) -> None:
    platform.fault = FeedError("No network.", "Wait.")
    reader = evidence_receipt_reader("box-1", trusted)
    pauses = set()
    for draw in (0.0, 0.5, 1.0):
        line = Courier(room, platform, reader, Time(draw=lambda draw=draw: draw))  # type: ignore[misc]
        line.round()
        pauses.add(line.pause_s())
    assert len(pauses) == 3


def test_one_that_is_refused_does_not_hold_up_the_others(
    room: EvidenceRoom, platform: Platform, trusted: TrustedKey
) -> None:
    first = room.released()[0]
    platform.refused = {first}
    assert courier(room, platform, trusted).round() == 1
    assert room.released() == [first]


@pytest.mark.parametrize(
    "lie", ["another box", "another key", "another picture", "none", "records"]
)
def test_without_a_proven_word_for_this_very_picture_it_stays(
    room: EvidenceRoom,
    platform: Platform,
    trusted: TrustedKey,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lie: str,
) -> None:
    of_records = Receipt(box="box-1", epoch=1, seq=1, sha256="a" * 64, stored_at=NOW)
    match lie:
        case "another box":
            platform.box = "box-2"
        case "another key":
            platform.signer = create_signer(tmp_path / "thief.pem", None)
        case "another picture":
            word = platform.word("b" * 64, 3)
            monkeypatch.setattr(platform, "word", lambda *_: word)
        case "none":
            platform.silent = True
        case "records":
            word = sign_receipt(of_records, platform.signer)
            monkeypatch.setattr(platform, "word", lambda *_: word)
    assert courier(room, platform, trusted).round() == 3
    assert len(room.released()) == 3


def test_a_file_that_rotted_is_not_sent(
    room: EvidenceRoom, platform: Platform, trusted: TrustedKey, tmp_path: Path
) -> None:
    first = room.released()[0]
    (tmp_path / "evidence" / f"{first}.age").write_bytes(b"rot")
    assert courier(room, platform, trusted).round() == 1
    assert first not in platform.taken


def test_it_ends_when_it_is_told_to(
    room: EvidenceRoom, platform: Platform, trusted: TrustedKey
) -> None:
    stopped = threading.Event()
    stopped.set()
    courier(room, platform, trusted).run(stopped)
    assert platform.taken == []
