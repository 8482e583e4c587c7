"""`python -m tests.edge.record.freeze`: freeze an example and the schema of each new kind.

What is frozen is never written again: it stands for the records that courts keep. Each example
is signed with a key of its own, whose private half is forgotten at once.
"""

from pathlib import Path

from joserfc.jwk import OKPKey

from edge.feed.receipts import sign_receipt
from edge.feed.topics import RECEIPT
from edge.record.keys import extend_trusted
from edge.record.message import GENESIS
from edge.record.signer import FileSigner
from edge.types import Link
from tools.platform.samples import BOX, SAMPLES, receipt, sample
from tools.platform.schemas import schemas, text_of

FROZEN = Path(__file__).parent / "frozen"
KEYS = FROZEN / "keys.jwks"


def freeze() -> list[str]:
    """Freeze what is not frozen yet; return its names."""
    FROZEN.mkdir(exist_ok=True)
    return [*_freeze_schemas(), *_freeze_examples()]


def _freeze_schemas() -> list[str]:
    made = [name for name in schemas() if not (FROZEN / f"{name}.v1.json").exists()]
    for name in made:
        (FROZEN / f"{name}.v1.json").write_text(text_of(schemas()[name]))
    return made


def _freeze_examples() -> list[str]:
    made = [kind for kind in (*SAMPLES, RECEIPT) if not (FROZEN / f"{kind}.v1.jws").exists()]
    for kind in made:
        signer = FileSigner(OKPKey.generate_key("Ed25519"))
        jws = (
            sign_receipt(receipt(), signer)
            if kind == RECEIPT
            else signer.sign(sample(kind, Link(1, 1, GENESIS)))
        )
        (FROZEN / f"{kind}.v1.jws").write_bytes(jws)
        extend_trusted(KEYS, signer.public(BOX))
    return made


if __name__ == "__main__":
    print("frozen:", *freeze())
