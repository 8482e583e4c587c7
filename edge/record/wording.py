"""What a field of a record means, said beside its type: schema and page take it from there. Pure.

None of it restricts what is read: a record that was valid once stays valid.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

SHA256 = "^[0-9a-f]{64}$"


def says(meaning: str, **schema: Any) -> Meta:  # noqa: ANN401 - members of JSON Schema
    """Return what a field means, with its unit, and what its schema says besides."""
    return Meta(description=meaning, extra_json_schema=schema or None)


def one_of(words: Iterable[str], meaning: str) -> Meta:
    """Return what a field means whose words are a closed list: another one is another version."""
    return says(meaning, enum=[str(word) for word in words])


Sha256 = Annotated[str, Meta(extra_json_schema={"pattern": SHA256})]
"""Lower-case hexadecimal."""
Moment = Annotated[datetime, Meta(extra_json_schema={"format": "date-time"})]
"""RFC 3339; a box writes UTC with `Z`."""
