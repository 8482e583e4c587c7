"""A maintainer's workshop for tests: keys, a repository, and a box that follows it."""

import contextlib
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import DownloadHTTPError
from tuf.api.metadata import Metadata, MetaFile, Snapshot, TargetFile, Timestamp
from tuf.ngclient import FetcherInterface, Updater

from edge.update.releases import Family, Releases, read_releases
from tests.conftest import DEMO
from tests.tools.registry_orders import KEY
from tools.build_registry import Order, build
from tools.publish.__main__ import main

HOLDERS = (
    *("root-1", "root-2", "root-3", "targets-1", "targets-2"),
    *("registry", "packs-1", "packs-2", "models", "online", "spare", "spare-2"),
)
DAY = datetime(2025, 11, 20, tzinfo=UTC)
CASES = """\
case_id,jurisdiction,date,category,reference_mass_kg,fuel,euro_norm_or_stage,\
first_registration,body_code,exemption,expected_outcome,reason,source,certain,time,vehicle_kind,\
max_mass_kg,special_code,power_kw,plate_country,zone,zone_start,consequence,rule_ref
E1,FL,2027-01-01,M1,1500,diesel,6,2020-01-01,,,free_access,,,yes,,,,,,BE,Z1,2025-01-01,none,L2
E2,FL,2027-01-01,M1,1500,diesel,3,2004-01-01,,,no_access,,,yes,,,,,,BE,Z1,2025-01-01,hold48,L3
"""
CALENDAR = CASES.replace("Z1,2025-01-01", "voorbeeldgem-lez,")


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def run(*arguments: object) -> Said:
    """Run a verb in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(one) for one in arguments])
        except SystemExit as e:
            code = int(e.code or 0)
    return Said(code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Workshop:
    """A folder with keys and a repository."""

    folder: Path

    @property
    def repo(self) -> Path:
        return self.folder / "repo"

    @property
    def metadata(self) -> Path:
        return self.repo / "metadata"

    def key(self, holder: str) -> Path:
        return self.folder / "keys" / f"{holder}.pem"

    def pub(self, holder: str) -> Path:
        return self.folder / "keys" / f"{holder}.pem.pub"

    def signer(self, holder: str) -> CryptoSigner:
        key = load_pem_private_key(self.key(holder).read_bytes(), None)
        return CryptoSigner(key)  # type: ignore[arg-type]

    def keyid(self, holder: str) -> str:
        return self.signer(holder).public_key.keyid

    def make_keys(self) -> None:
        self.key("x").parent.mkdir(parents=True)
        for holder in HOLDERS:
            assert run("key", "--out", self.key(holder)).code == 0

    def init(self, *more: object, elsewhere: tuple[str, ...] = ("root-3",)) -> Said:
        given: list[object] = []
        for role in ("root", "targets", "registry", "packs", "models", "online"):
            for holder in HOLDERS:
                if holder.split("-")[0] == role:
                    path = self.pub(holder) if holder in elsewhere else self.key(holder)
                    given += [f"--{role}-key", path]
        return run("init", "--repo", self.repo, *given, *more)

    def run(self, verb: str, *arguments: object, keys: tuple[str, ...] = ()) -> Said:
        """Run a verb on the repository with some keys; the online key is given as such."""
        given: list[object] = []
        for holder in keys:
            online = holder == "online" or holder.startswith("spare")
            given += ["--online-key" if online else "--key", self.key(holder)]
        return run(verb, *arguments, "--repo", self.repo, *given)

    def registry(
        self, number: int = 1, exemptions: Path = DEMO / "exemptions.csv", key: bytes = KEY
    ) -> Path:
        """Build a registry as of some day."""
        folder = self.folder / "build"
        folder.mkdir(exist_ok=True)
        token = folder / "token.key"
        token.write_text(key.hex())
        as_of, out = DAY + timedelta(days=number), folder / "registry.sqlite"
        vehicles = (DEMO / "vehicles.csv",)
        build(Order(vehicles, exemptions, token, f"day-{number}", as_of, as_of, out, None))
        return out

    def publish_registry(
        self, number: int = 1, *more: object, keys: tuple[str, ...] = ("registry", "online")
    ) -> Said:
        made = self.registry(number)
        token = made.with_name("token.key")
        return self.run("registry", "--file", made, "--token-key", token, *more, keys=keys)

    def packs(self, cases: str = CASES) -> Path:
        folder = self.folder / "packs"
        folder.mkdir(exist_ok=True)
        shutil.copy(DEMO.parents[1] / "tests/packs/example-lez.toml", folder)
        (folder / "example-lez.cases.csv").write_text(cases)
        return folder

    def law(self) -> Path:
        """Return a folder with the calendar of the law that `packs` holds."""
        folder = self.folder / "law"
        folder.mkdir(exist_ok=True)
        (folder / "example-lez.csv").write_text(CALENDAR)
        return folder

    def given_packs(self) -> tuple[object, ...]:
        """Return the words that name these packs and their calendar."""
        return ("--from", self.packs(), "--calendar", self.law())

    def document(self, role: str) -> Metadata:
        """Return the newest metadata of a role on the disk."""
        paths = self.metadata.glob(f"*{role}.json")
        newest = max(paths, key=lambda path: int(path.name.split(".")[0].replace(role, "0") or 0))
        return Metadata.from_file(str(newest))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Keys, and a repository after its key ceremony; never changed."""
    workshop = Workshop(tmp_path_factory.mktemp("workshop"))
    workshop.make_keys()
    said = workshop.init()
    assert said.code == 0, said.err
    return workshop


@pytest.fixture
def workshop(finished: Workshop, tmp_path: Path) -> Workshop:
    """A repository of a test's own."""
    shutil.copytree(finished.folder, tmp_path / "w")
    return Workshop(tmp_path / "w")


class Folder(FetcherInterface):
    """Fetches from a folder."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        if not Path(url).exists():
            raise DownloadHTTPError("not here", 404)
        return self._read(Path(url).open("rb"))

    def _read(self, file: BinaryIO) -> Iterator[bytes]:
        with file:
            yield from iter(lambda: file.read(4096), b"")


@dataclass(frozen=True)
class Box:
    """Follows a repository with tuf's own client, from the root that it was given once."""

    cache: Path
    root: bytes

    def updater(self, repo: Path) -> Updater:
        self.cache.mkdir(exist_ok=True)
        made = Updater(
            str(self.cache),
            f"{repo}/metadata",
            str(self.cache),
            f"{repo}/targets",
            Folder(),
            bootstrap=self.root,
        )
        made.refresh()
        return made

    def index(self, repo: Path, family: Family) -> Releases:
        return self.taken(self.updater(repo), family)

    def taken(self, updater: Updater, family: Family) -> Releases:
        return read_releases(self.fetch(updater, f"{family}/releases.json"), family)

    def fetch(self, updater: Updater, path: str) -> bytes:
        info = updater.get_targetinfo(path)
        assert info is not None, path
        return Path(updater.download_target(info)).read_bytes()


@pytest.fixture
def box(workshop: Workshop, tmp_path: Path) -> Box:
    """A box that was given the first root and has seen nothing."""
    return Box(tmp_path / "cache", (workshop.metadata / "1.root.json").read_bytes())


def forge(workshop: Workshop, online: str, changed: dict[str, Metadata], step: int = 1) -> None:
    """Do what a thief of the online key can: put any metadata under a new snapshot."""
    timestamp: Metadata[Timestamp] = workshop.document("timestamp")
    snapshot: Metadata[Snapshot] = workshop.document("snapshot")
    for role, document in changed.items():
        version = document.signed.version
        document.to_file(str(workshop.metadata / f"{version}.{role}.json"))
        snapshot.signed.meta[f"{role}.json"] = MetaFile(version)
    snapshot.signed.version += step
    timestamp.signed.version += step
    timestamp.signed.snapshot_meta = MetaFile(snapshot.signed.version)
    for document in (snapshot, timestamp):
        document.sign(workshop.signer(online))
    snapshot.to_file(str(workshop.metadata / f"{snapshot.signed.version}.snapshot.json"))
    timestamp.to_file(str(workshop.metadata / "timestamp.json"))


def evil_target(workshop: Workshop, path: str) -> TargetFile:
    """Put a target there that no holder ever saw."""
    target = TargetFile.from_data(path, b"evil")
    place = workshop.repo / "targets" / target.get_prefixed_paths()[0]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"evil")
    return target
