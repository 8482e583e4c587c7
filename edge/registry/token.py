"""Keyed tokens instead of plates: a stolen disk shows none (CONTRACTS 5, RULES 5.4).

A token is the BLAKE2b hash of country and plate under the box's secret, cut to 63 bits so
that it is a positive SQLite INTEGER. For 15 million plates the chance that any two share a
token is about 1 in 80,000. A pseudonym also hashes the day: one plate has another on the
morrow, and neither leads back to a token, for each use has its own domain. The name of the
vehicle itself (chassis number, register id) is hashed likewise: plates move, it does not.
"""

import unicodedata
from collections.abc import Callable
from datetime import date
from hashlib import blake2b
from pathlib import Path
from secrets import token_bytes

from edge.errors import KeyFileError

KEY_BYTES = 32
MASK = (1 << 63) - 1
MINUS = "\N{MINUS SIGN}"
SEPARATORS = frozenset(f".:·•‧∙{MINUS}")
SEPARATING = frozenset({"Pd", "Zs", "Zl", "Zp", "Cf", "Cc", "Pc"})
"""Unicode categories: dashes, spaces, line ends, invisible characters, underscores."""
TOKEN, PSEUDONYM, CHECK = b"anpr-token", b"anpr-day", b"anpr-check"
REFERENCE = b"anpr-vehicle"


def normalised(country: str, plate: str) -> str:
    """Return the key form of a plate: NFKC, upper case, no separators (RULES 5.4).

    German plates keep one hyphen after the district: B-MW 123 is not BM-W 123.
    """
    text = unicodedata.normalize("NFKC", plate).upper()
    if country.upper() != "DE":
        return bare(text)
    at = next((place for place, letter in enumerate(text) if is_hyphen(letter)), None)
    return bare(text) if at is None else f"{bare(text[:at])}-{bare(text[at:])}"


def bare(text: str) -> str:
    """Return a text without its separators."""
    if text.isascii() and text.isalnum():
        return text  # as a reader spells nearly every plate
    return "".join(letter for letter in text if not separates(letter))


def separates(letter: str) -> bool:
    """True for a character that only divides a plate, or that nobody sees."""
    return letter in SEPARATORS or unicodedata.category(letter) in SEPARATING


def is_hyphen(letter: str) -> bool:
    """True for every way to write a hyphen."""
    return letter == MINUS or unicodedata.category(letter) == "Pd"


def token(key: bytes, country: str, plate: str) -> int:
    """Return the 63-bit token of a plate."""
    country = country.upper()
    text = f"{country}:{normalised(country, plate)}"
    return number(key, text, TOKEN)


def tokens(key: bytes, country: str) -> Callable[[str], int]:
    """Return `token` for the normalised plates of one country, at half its cost."""
    keyed = blake2b(f"{country.upper()}:".encode(), key=key, digest_size=8, person=TOKEN)

    def one(plate: str) -> int:
        found = keyed.copy()
        found.update(plate.encode())
        return int.from_bytes(found.digest(), "big") & MASK

    return one


def reference(key: bytes, name: str) -> int:
    """Return what stands for the name of a vehicle: 63 bits, blind to case and separators."""
    return number(key, bare(unicodedata.normalize("NFKC", name).upper()), REFERENCE)


def number(key: bytes, text: str, domain: bytes) -> int:
    """Return the keyed hash of a text as a positive SQLite INTEGER."""
    digest = blake2b(text.encode(), key=key, digest_size=8, person=domain).digest()
    return int.from_bytes(digest, "big") & MASK


def pseudonym(key: bytes, country: str, plate: str, day: date) -> str:
    """Return what a plate is called on one day, for zones whose profile allows it."""
    country = country.upper()
    text = f"{day.isoformat()}:{country}:{normalised(country, plate)}"
    return blake2b(text.encode(), key=key, digest_size=16, person=PSEUDONYM).hexdigest()


def key_check(key: bytes) -> str:
    """Return a value that proves which key a registry was made with, and not the key."""
    return blake2b(b"registry", key=key, digest_size=16, person=CHECK).hexdigest()


def new_key() -> bytes:
    """Return a fresh secret."""
    return token_bytes(KEY_BYTES)


def load_key(path: Path, name: str = "token key") -> bytes:
    """Read a key file: 64 hexadecimal digits; `name` is what faults call it.

    Raises KeyFileError.
    """
    remedy = "Give a file with 64 hexadecimal digits that only the box may read."
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except OSError as error:
        raise KeyFileError(f"The {name} {path} cannot be read.", remedy) from error
    except ValueError as error:
        raise KeyFileError(f"The {name} {path} is not hexadecimal.", remedy) from error
    if len(key) != KEY_BYTES:
        raise KeyFileError(f"The {name} {path} is not {KEY_BYTES} bytes long.", remedy)
    return key
