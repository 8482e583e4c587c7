"""The platform's receipts: signed words that all records up to one place are stored."""

from collections.abc import Callable

import msgspec

from edge.errors import RecordError
from edge.ports import Signer
from edge.record.envelope import TrustedKey, open_signed
from edge.record.message import Receipt

REMEDY = "Nothing was forgotten; check keys.platform and what the platform sends."


def receipt_reader(box: str, platform: TrustedKey) -> Callable[[bytes], Receipt]:
    """Return a function that reads receipts for this box and refuses all others.

    It raises RecordError for a receipt of another key, for another box, or of another form.
    """
    keyring = {platform.kid: platform}

    def read(jws: bytes) -> Receipt:
        payload = open_signed(jws, keyring).payload
        try:
            receipt = msgspec.json.decode(payload, type=Receipt)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise RecordError("The platform signed something that is no receipt.", REMEDY) from None
        if receipt.box != box:
            raise RecordError(f"A receipt came that is for box {receipt.box}.", REMEDY)
        return receipt

    return read


def sign_receipt(receipt: Receipt, signer: Signer) -> bytes:
    """Return the signed receipt, as the platform sends it."""
    return signer.sign(msgspec.json.encode(receipt))
