"""The platform's receipts: signed words that all records up to one place are stored."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from edge.errors import RecordError
from edge.ports import Signer
from edge.record.envelope import TrustedKey, open_signed
from edge.record.message import EvidenceReceipt, Receipt

ReceiptT = TypeVar("ReceiptT", Receipt, EvidenceReceipt)
REMEDY = "Nothing was forgotten; check keys.platform and what the platform sends."


def receipt_reader(box: str, platform: TrustedKey) -> Callable[[bytes], Receipt]:
    """Return a function that reads receipts for this box and refuses all others.

    It raises RecordError for a receipt of another key, for another box, or of another form.
    """
    return _reader(Receipt, box, platform)


def evidence_receipt_reader(box: str, platform: TrustedKey) -> Callable[[bytes], EvidenceReceipt]:
    """Return a function that reads receipts for pictures of this box, and refuses as above."""
    return _reader(EvidenceReceipt, box, platform)


def sign_receipt(receipt: Receipt | EvidenceReceipt, signer: Signer) -> bytes:
    """Return the signed receipt, as the platform sends it."""
    return signer.sign(msgspec.json.encode(receipt))


def _reader(kind: type[ReceiptT], box: str, platform: TrustedKey) -> Callable[[bytes], ReceiptT]:
    keyring = {platform.kid: platform}

    def read(jws: bytes) -> ReceiptT:
        payload = open_signed(jws, keyring).payload
        try:
            receipt = msgspec.json.decode(payload, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise RecordError("The platform signed something that is no receipt.", REMEDY) from None
        if receipt.box != box:
            raise RecordError(f"A receipt came that is for box {receipt.box}.", REMEDY)
        return receipt

    return read
