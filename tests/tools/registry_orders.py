"""Builds small registries for tests."""

from datetime import UTC, datetime
from pathlib import Path

from tests.conftest import DEMO
from tools.build_registry import Order, build

KEY = b"k" * 32
VEHICLES_AS_OF = datetime(2028, 5, 31, 22, tzinfo=UTC)
EXEMPTIONS_AS_OF = datetime(2028, 6, 1, 5, tzinfo=UTC)


def order(
    folder: Path,
    vehicles: Path = DEMO / "vehicles.csv",
    exemptions: Path = DEMO / "exemptions.csv",
    rejects: Path | None = None,
) -> Order:
    key = folder / "token.key"
    key.write_text(KEY.hex())
    out = folder / "registry.sqlite"
    return Order(
        (vehicles,), exemptions, key, "demo-1", VEHICLES_AS_OF, EXEMPTIONS_AS_OF, out, rejects
    )


def registry(folder: Path) -> Path:
    made = order(folder)
    build(made)
    return made.out
