"""A box that follows updates, in a folder of its own; a test sets its clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.config import MODELS_FOLDER, Config, load
from edge.daemon import wiring_sync
from edge.daemon.intake import ApplyDelta
from edge.registry.cache import RegistryCache
from edge.registry.delta import apply_delta
from edge.types import ClockReading
from edge.update.report import FamilyReport, Report
from edge.update.shelf import active
from tests.chains import STORAGE_KEY
from tests.tools.registry_orders import KEY

CONFIG = """\
[box]
id = "b1"
state = "state"
[models]
{models}
[access]
token_key = "token.key"
{access}
[keys]
signing = "box.pem"
platform = "platform.jwk"
storage = "storage.key"
[[zones]]
id = "utrecht"
pack = "nl-ze"
start = 2025-01-01
[updates]
root = "root.json"
sources = [{sources}]
cohort = 50
"""


class Clock:
    """The clock of the box, and whether it is trusted."""

    def __init__(self) -> None:
        self.now, self.trusted = datetime.now(UTC), True

    def read(self) -> ClockReading:
        return ClockReading(self.now, 0, 0, "boot", "test", self.trusted, 1.0)


class Follower:
    """A box that follows the registry; its packs and models are its own unless asked otherwise."""

    def __init__(self, folder: Path, root: Path, *sources: Path | str, alone: bool = True) -> None:
        folder.mkdir(parents=True)
        self.folder, self.clock = folder, Clock()
        self.apply_delta: ApplyDelta | None = apply_delta
        (folder / "packs").mkdir()
        (folder / "token.key").write_text(KEY.hex())
        (folder / "storage.key").write_text(STORAGE_KEY.hex())
        (folder / "root.json").write_bytes(root.read_bytes())
        text = CONFIG.format(
            models=f'manifest = "{MODELS_FOLDER / "manifest.toml"}"' if alone else "",
            access='packs = "packs"' if alone else "",
            sources=", ".join(f'"{source}"' for source in sources),
        )
        (folder / "box.toml").write_text(text)

    @property
    def path(self) -> Path:
        return self.folder / "box.toml"

    @property
    def config(self) -> Config:
        return load(self.path)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def floors(self) -> Path:
        return self.state / "updates" / "floors.json"

    @property
    def cache(self) -> Path:
        return self.state / "updates" / "metadata"

    def sync(self, *sources: Path | str) -> Report:
        made = wiring_sync.sync(self.config, self.clock, tuple(map(str, sources)))
        return replace(made, apply_delta=self.apply_delta).run()

    def registry(self, *sources: Path | str) -> FamilyReport:
        """Sync, and return what became of the registry."""
        return family(self.sync(*sources), "registry")

    def in_force(self) -> str | None:
        """Return the id of the registry in force, opened and proven."""
        place = active(self.state, "registry")
        if place is None:
            return None
        with RegistryCache.open(place / "registry.sqlite", KEY) as cache:
            return cache.snapshot.id

    def later(self, **span: float) -> None:
        self.clock.now += timedelta(**span)


def family(report: Report, name: str) -> FamilyReport:
    """Return what a report says of a family."""
    (found,) = (one for one in report.families if one.family == name)
    return found


def refusal(one: FamilyReport) -> str:
    """Return why a family was refused."""
    assert one.refused is not None
    assert one.refused.remedy
    return one.refused.cause


def fault(report: Report) -> str:
    """Return why the one source of a report could not be used."""
    (visit,) = report.visits
    assert visit.fault is not None
    assert visit.fault.remedy
    return visit.fault.cause
