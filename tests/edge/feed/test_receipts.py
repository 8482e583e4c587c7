import msgspec
import pytest

from edge.errors import RecordError
from edge.feed.receipts import receipt_reader, sign_receipt
from edge.record.chain import next_link
from edge.record.message import Receipt
from tests.chains import NOW, Pen, alarm

PLATFORM, BOX = Pen("platform"), Pen("box-1")
RECEIPT = Receipt(box="box-1", epoch=1, seq=7, sha256="a" * 64, stored_at=NOW)
READ = receipt_reader("box-1", PLATFORM.trusted)


def test_the_platforms_receipt_is_read() -> None:
    assert READ(sign_receipt(RECEIPT, PLATFORM.signer)) == RECEIPT


FORGERIES = {
    "signed by the box itself": sign_receipt(RECEIPT, BOX.signer),
    "signed by a stranger": sign_receipt(RECEIPT, Pen("platform").signer),
    "for another box": sign_receipt(msgspec.structs.replace(RECEIPT, box="box-2"), PLATFORM.signer),
    "a record instead": PLATFORM.signer.sign(alarm(next_link(None), "box-1")),
    "no JSON": PLATFORM.signer.sign(b"\xff"),
    "unsigned": sign_receipt(RECEIPT, PLATFORM.signer).rpartition(b".")[0] + b".",
    "not a JWS": b"thanks",
    "nothing": b"",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_receipt_is_refused(forgery: str) -> None:
    with pytest.raises(RecordError):
        READ(FORGERIES[forgery])
