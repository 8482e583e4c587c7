"""A publisher of updates in a test: throw-away keys, real TUF metadata, real registry files.

A test makes releases, publishes, and may then spoil what lies in the folder as an attacker would.
"""

import csv
import hashlib
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import zstandard
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Signed,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from edge.registry.cache import RegistryCache
from edge.registry.seal import seal_of
from edge.update.releases import FAMILIES, Delta, Family, File, Release, Releases, Withdrawn
from tests.conftest import DEMO
from tests.tools.registry_orders import KEY
from tools.build_registry import Order, build

LIFE = {
    "root": timedelta(days=365),
    "targets": timedelta(days=365),
    "registry": timedelta(days=35),
    "packs": timedelta(days=180),
    "models": timedelta(days=180),
    "snapshot": timedelta(days=7),
    "timestamp": timedelta(days=2),
}
ONLINE = ("snapshot", "timestamp")


class Publisher:
    """A repository in a folder, and the keys of every role."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.keys = {role: [CryptoSigner.generate_ed25519()] for role in LIFE}
        self.keys["root"].append(CryptoSigner.generate_ed25519())
        self.thresholds = dict.fromkeys(LIFE, 1) | {"root": 2}
        self.releases: dict[Family, list[Release]] = {family: [] for family in FAMILIES}
        self.withdrawn: dict[Family, list[Withdrawn]] = {family: [] for family in FAMILIES}
        self.files: dict[str, bytes] = {}
        self.versions = dict.fromkeys(LIFE, 0)
        self.forged: dict[Family, bytes] = {}
        (folder / "metadata").mkdir(parents=True)
        self.sign_root()

    @property
    def root(self) -> Path:
        """The root.json that a box is given."""
        return self.folder / "metadata" / "1.root.json"

    def sign_root(self, old: Mapping[str, list[CryptoSigner]] | None = None) -> None:
        """Sign a new root with the keys of now, and with those of before."""
        root = Root(version=self._next("root"), expires=self._expires("root"))
        for role in ("root", "targets", *ONLINE):
            for key in self.keys[role]:
                root.add_key(key.public_key, role)
            root.roles[role].threshold = self.thresholds[role]
        signers = [*self.keys["root"], *(old or {}).get("root", [])]
        self._write(root, f"{root.version}.root", signers)

    def offer(
        self, family: Family, name: str, files: Mapping[str, bytes], **more: object
    ) -> Release:
        """Add a release of these files, packed."""
        used = (*self.releases[family], *self.withdrawn[family])
        number = 1 + max((release.number for release in used), default=0)
        described = []
        for file, content in files.items():
            path = f"{family}/{number}-{file}.zst"
            self.files[path] = zstandard.compress(content)
            digest = hashlib.sha256(content).hexdigest()
            described.append(File(file, path, len(content), digest))
        fields: dict[str, object] = {"share": 100, "content": ""} | more
        made = Release(
            number=number, id=name, files=tuple(described), released_at=self.now, **fields
        )  # type: ignore[arg-type]
        self.releases[family].append(made)
        return made

    def offer_registry(self, path: Path, deltas: tuple[Delta, ...] = (), **more: object) -> Release:
        """Add a registry file with its seal as a release."""
        with RegistryCache.open(path, KEY) as cache:
            snapshot = cache.snapshot
        files = {"registry.sqlite": path.read_bytes()}
        files["registry.sqlite.sha256"] = seal_of(path).read_bytes()
        more = {"content": snapshot.sha256} | more
        return self.offer("registry", snapshot.id, files, deltas=deltas, **more)

    def replace(self, release: Release, path: Path) -> None:
        """Give a release of the registry other files, as who holds its keys may."""
        content = {"registry.sqlite": path.read_bytes()}
        content["registry.sqlite.sha256"] = seal_of(path).read_bytes()
        files = []
        for file in release.files:
            held = content[file.name]
            self.files[file.path] = zstandard.compress(held)
            files.append(File(file.name, file.path, len(held), hashlib.sha256(held).hexdigest()))
        at = self.releases["registry"].index(release)
        self.releases["registry"][at] = msgspec.structs.replace(release, files=tuple(files))

    def delta(self, base: Release, content: bytes) -> Delta:
        """Make the target of a delta on a release."""
        path = f"registry/{base.number}-to-{base.number + 1}.delta.zst"
        self.files[path] = zstandard.compress(content)
        return Delta(base.number, base.content, path, len(content))

    def withdraw(self, family: Family, release: Release, reason: str = "it is wrong") -> None:
        """Withdraw a release."""
        self.releases[family].remove(release)
        self.withdrawn[family].append(Withdrawn(release.number, release.id, reason))

    def publish(self, alter: Callable[[Signed], None] = lambda _: None) -> None:
        """Sign everything anew, as it is now; `alter` may falsify what is signed."""
        for family in FAMILIES:
            self.sign_family(family, alter)
        self.sign_targets(alter)
        self.sign_online(alter)

    def sign_family(self, family: Family, alter: Callable[[Signed], None] = lambda _: None) -> None:
        """Sign the targets of a family and its index."""
        index = Releases(family, tuple(self.releases[family]), tuple(self.withdrawn[family]))
        content = self.forged.get(family) or msgspec.json.encode(index)
        self.files[f"{family}/releases.json"] = content
        signed = Targets(version=self._next(family), expires=self._expires(family))
        for path, held in self.files.items():
            if path.startswith(f"{family}/"):
                info = TargetFile.from_data(path, held)
                signed.targets[path] = info
                place = self.folder / "targets" / info.get_prefixed_paths()[0]
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(held)
        alter(signed)
        self._write(signed, f"{signed.version}.{family}", self.keys[family])

    def sign_targets(self, alter: Callable[[Signed], None] = lambda _: None) -> None:
        """Sign the delegations."""
        keys = {key.public_key.keyid: key.public_key for f in FAMILIES for key in self.keys[f]}
        roles = {
            family: DelegatedRole(
                family,
                [key.public_key.keyid for key in self.keys[family]],
                self.thresholds[family],
                terminating=True,
                paths=[f"{family}/*"],
            )
            for family in FAMILIES
        }
        signed = Targets(
            version=self._next("targets"),
            expires=self._expires("targets"),
            delegations=Delegations(keys, roles),
        )
        alter(signed)
        self._write(signed, f"{signed.version}.targets", self.keys["targets"])

    def sign_online(self, alter: Callable[[Signed], None] = lambda _: None) -> None:
        """Sign snapshot and timestamp over the versions that lie there."""
        names = ("targets", *FAMILIES)
        meta = {f"{name}.json": MetaFile(self.versions[name]) for name in names}
        snapshot = Snapshot(
            version=self._next("snapshot"), expires=self._expires("snapshot"), meta=meta
        )
        alter(snapshot)
        self._write(snapshot, f"{snapshot.version}.snapshot", self.keys["snapshot"])
        timestamp = Timestamp(
            version=self._next("timestamp"),
            expires=self._expires("timestamp"),
            snapshot_meta=MetaFile(snapshot.version),
        )
        alter(timestamp)
        self._write(timestamp, "timestamp", self.keys["timestamp"])

    def metadata(self, name: str) -> Path:
        """Return where the newest metadata of a role lies."""
        version = "" if name == "timestamp" else f"{self.versions[name]}."
        return self.folder / "metadata" / f"{version}{name}.json"

    def target(self, path: str) -> Path:
        """Return where a target lies."""
        info = TargetFile.from_data(path, self.files[path])
        return self.folder / "targets" / info.get_prefixed_paths()[0]

    def copy(self, to: Path) -> Path:
        """Copy what lies there now: an attacker may keep it for later."""
        return Path(shutil.copytree(self.folder, to))

    def _next(self, role: str) -> int:
        self.versions[role] += 1
        return self.versions[role]

    def _expires(self, role: str) -> datetime:
        return self.now + LIFE[role]

    def _write(self, signed: Signed, name: str, signers: list[CryptoSigner]) -> None:
        made: Metadata[Signed] = Metadata(signed)  # type: ignore[type-var]
        for signer in signers:
            made.sign(signer, append=True)
        made.to_file(str(self.folder / "metadata" / f"{name}.json"))


def new_keys(count: int = 1) -> list[CryptoSigner]:
    """Make keys nobody knows."""
    return [CryptoSigner.generate_ed25519() for _ in range(count)]


def registry_file(folder: Path, name: str, as_of: datetime, more: int = 0, cut: int = 0) -> Path:
    """Build a real registry: the demonstration's vehicles, and `more` made-up ones."""
    folder.mkdir(parents=True, exist_ok=True)
    with (DEMO / "vehicles.csv").open(newline="") as file:
        head, *rows = list(csv.reader(file))
    rows = rows[: len(rows) - cut] + [
        [rows[0][0], f"9ZZZ{n:03}", *rows[0][2:]] for n in range(more)
    ]
    vehicles = folder / f"{name}.csv"
    with vehicles.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    key = folder / "token.key"
    key.write_text(KEY.hex())
    out = folder / f"{name}.sqlite"
    exemptions = DEMO / "exemptions.csv"
    build(Order((vehicles,), exemptions, key, name, as_of, as_of, out, None))
    return out
