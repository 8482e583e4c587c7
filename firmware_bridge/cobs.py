"""Consistent Overhead Byte Stuffing: bytes in, bytes without a zero out.

Source: Cheshire and Baker, IEEE/ACM Transactions on Networking 7(2), 1999.
"""

LONGEST_RUN = 254


class CobsError(ValueError):
    """These bytes are no COBS encoding."""


def encode(plain: bytes) -> bytes:
    """Return an encoding that holds no zero byte."""
    encoded = bytearray()
    runs = plain.split(b"\0")
    for run in runs[:-1]:
        _append_run(encoded, run, zero_follows=True)
    _append_run(encoded, runs[-1], zero_follows=False)
    return bytes(encoded)


def _append_run(encoded: bytearray, run: bytes, *, zero_follows: bool) -> None:
    while len(run) >= LONGEST_RUN:
        encoded += b"\xff" + run[:LONGEST_RUN]
        run = run[LONGEST_RUN:]
        if not run and not zero_follows:
            return  # a full run at the very end needs no code of its own
    encoded += bytes([len(run) + 1]) + run


def decode(encoded: bytes) -> bytes:
    """Return the plain bytes.

    Raises CobsError where a zero stands within, a code is cut short, or there is nothing.
    """
    if not encoded or 0 in encoded:
        raise CobsError("empty, or a zero within")
    plain, at = bytearray(), 0
    while at < len(encoded):
        code = encoded[at]
        plain += encoded[at + 1 : at + code]
        at += code
        if at < len(encoded) and code <= LONGEST_RUN:
            plain.append(0)
    if at != len(encoded):
        raise CobsError("the last code points past the end")
    return bytes(plain)
