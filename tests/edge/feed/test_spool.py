import os
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import FeedError
from edge.feed.spool import SpoolPublisher, batches, read_batch, receipt_path, write_whole
from edge.types import Envelope, Link
from tests.chains import Pen


def spool(folder: Path, envelopes: list[Envelope], batch_records: int = 4) -> None:
    publisher = SpoolPublisher(folder, "box-1", batch_records)
    for envelope in envelopes:
        publisher.publish(envelope)
    publisher.close()


def test_batches_are_sealed_full_and_named_for_what_they_hold(tmp_path: Path) -> None:
    written = Pen().chain(10)
    spool(tmp_path, written)
    assert [b.path.name for b in batches(tmp_path)] == [
        "box-1-1-1-4.jws",
        "box-1-1-5-8.jws",
        "box-1-1-9-10.jws",
    ]
    lines = [line for batch in batches(tmp_path) for line in read_batch(batch.path)]
    assert lines == [envelope.jws for envelope in written]


def test_a_gap_starts_another_batch(tmp_path: Path) -> None:
    written = Pen().chain(4)
    spool(tmp_path, [written[0], written[2], written[3]])
    assert [(b.first, b.last) for b in batches(tmp_path)] == [(1, 1), (3, 4)]


SPOILERS: dict[str, Callable[[bytes], bytes]] = {
    "cut in the middle": lambda content: content[: len(content) // 2],
    "without its trailer": lambda content: content[: content.rindex(b"{")],
    "without its first record": lambda content: content[content.index(b"\n") + 1 :],
    "with a flipped byte": lambda content: content[:50] + b"!" + content[51:],
    "with a record twice": lambda content: content[: content.index(b"\n") + 1] + content,
    "empty": lambda content: b"",
    "of zeros, as after a power cut": lambda content: bytes(len(content)),
}


@pytest.mark.parametrize("spoiler", SPOILERS)
def test_a_batch_that_is_not_whole_is_noticed(tmp_path: Path, spoiler: str) -> None:
    spool(tmp_path, Pen().chain(4))
    path = batches(tmp_path)[0].path
    path.write_bytes(SPOILERS[spoiler](path.read_bytes()))
    with pytest.raises(FeedError, match=r"box-1-1-1-4\.jws is cut short or changed"):
        read_batch(path)


def test_a_batch_on_the_stick_is_not_written_again(tmp_path: Path) -> None:
    written = Pen().chain(6)
    spool(tmp_path, written[:4])
    spool(tmp_path, written)
    assert [(b.first, b.last) for b in batches(tmp_path)] == [(1, 4), (5, 6)]


def test_an_old_batch_is_sealed_before_it_is_full(tmp_path: Path) -> None:
    publisher = SpoolPublisher(tmp_path, "box-1", seal_after_s=0)
    publisher.publish(Pen().write())
    publisher.exchange(0)
    assert len(batches(tmp_path)) == 1


def test_a_receipt_is_passed_on_once(tmp_path: Path) -> None:
    publisher = SpoolPublisher(tmp_path, "box-1")
    got: list[bytes] = []
    publisher.on_receipt(got.append)
    write_whole(receipt_path(tmp_path, "box-2"), b"not ours\n")
    write_whole(receipt_path(tmp_path, "box-1"), b"a.b.c\n")
    publisher.exchange(0)
    publisher.exchange(0)
    assert got == [b"a.b.c"]


def test_a_stick_that_was_pulled_closes_the_way(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    publisher = SpoolPublisher(stick, "box-1")
    stick.rmdir()
    publisher.publish(Pen().write())
    with pytest.raises(FeedError, match="cannot be written"):
        publisher.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FeedError, match="cannot be made"):
        SpoolPublisher(tmp_path / "file" / "stick", "box-1")


def test_two_boxes_share_a_stick(tmp_path: Path) -> None:
    spool(tmp_path, Pen("box-1").chain(2))
    other = SpoolPublisher(tmp_path, "box-2")
    other.publish(Pen("box-2").write())
    other.close()
    assert [b.box for b in batches(tmp_path)] == ["box-1", "box-2"]


def lying(folder: Path) -> list[bytes]:
    """The records in all whole batches, in the order of the names."""
    lines: list[bytes] = []
    for batch in batches(folder):
        try:
            lines += read_batch(batch.path)
        except FeedError:
            continue
    return lines


@pytest.mark.parametrize("junk", [b"", b"junk\n", bytes(500)])
@pytest.mark.parametrize("name", ["box-1-1-1-999999.jws", "box-1-1-1-4.jws"])
def test_a_name_alone_does_not_make_a_record_sealed(tmp_path: Path, name: str, junk: bytes) -> None:
    (tmp_path / name).write_bytes(junk)
    written = Pen().chain(4)
    spool(tmp_path, written)
    assert lying(tmp_path) == [envelope.jws for envelope in written]
    assert (tmp_path / name).read_bytes() == junk


def test_nothing_is_accepted_on_the_word_of_a_junk_file(tmp_path: Path) -> None:
    (tmp_path / "box-1-1-1-999999.jws").write_bytes(b"")
    publisher = SpoolPublisher(tmp_path, "box-1")
    accepted: list[Envelope] = []
    publisher.on_accepted(accepted.append)
    publisher.publish(envelope := Pen().write())
    assert accepted == []
    publisher.close()
    assert accepted == [envelope]
    assert lying(tmp_path) == [envelope.jws]


def test_other_records_for_the_places_on_a_stale_stick_are_written_beside_them(
    tmp_path: Path,
) -> None:
    pen = Pen()
    stale = pen.chain(4)
    pen.head = None
    fresh = [pen.at(Link(1, seq, "0" * 64), "Another.") for seq in range(1, 5)]
    spool(tmp_path, stale)
    spool(tmp_path, fresh)
    assert sorted(lying(tmp_path)) == sorted(e.jws for e in [*stale, *fresh])
    assert [(b.first, b.last) for b in batches(tmp_path)] == [(1, 4), (1, 4)]
    spool(tmp_path, [*stale, *fresh])
    assert len(batches(tmp_path)) == 2


def test_a_batch_spoilt_under_an_open_publisher_is_written_again(tmp_path: Path) -> None:
    publisher = SpoolPublisher(tmp_path, "box-1", seal_after_s=0)
    publisher.publish(envelope := Pen().write())
    publisher.exchange(0)
    batches(tmp_path)[0].path.write_bytes(b"")
    publisher.exchange(0)
    publisher.publish(envelope)
    publisher.close()
    assert lying(tmp_path) == [envelope.jws]


def test_what_is_sent_again_before_its_batch_is_sealed_is_written_once(tmp_path: Path) -> None:
    written = Pen().chain(3)
    spool(tmp_path, [*written, *written])
    assert lying(tmp_path) == [envelope.jws for envelope in written]


def test_a_stick_on_which_no_name_is_left_closes_the_way(tmp_path: Path) -> None:
    written = Pen().chain(4)
    for _ in range(5):
        spool(tmp_path, written)
        for batch in batches(tmp_path):
            batch.path.write_bytes(b"")
    with pytest.raises(FeedError, match="Every name"):
        spool(tmp_path, written)


def test_a_pipe_named_like_a_batch_does_not_hold_anyone_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "box-1-1-1-4.jws")
    os.mkfifo(receipt_path(tmp_path, "box-1"))
    with pytest.raises(FeedError, match="no regular file"):
        read_batch(tmp_path / "box-1-1-1-4.jws")
    written = Pen().chain(4)
    spool(tmp_path, written)
    SpoolPublisher(tmp_path, "box-1").exchange(0)
    assert lying(tmp_path) == [envelope.jws for envelope in written]


def test_a_file_larger_than_any_batch_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "box-1-1-1-4.jws"
    path.touch()
    os.truncate(path, 1 << 40)
    with pytest.raises(FeedError, match="too large"):
        read_batch(path)
