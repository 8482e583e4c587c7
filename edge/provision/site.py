"""A box while it is made: what it is to be, what was given, and where requests and answers lie."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from edge.config import Config
from edge.daemon import wiring
from edge.errors import ReportError
from edge.ports import Clock
from edge.provision.credstore import Credstore
from edge.provision.kit import Kit
from edge.record import password
from edge.record.keyplace import KeyPlace


class Own(NamedTuple):
    """The secrets of a box: where each lies in clear."""

    signing: Path | None
    storage: Path
    client: Path | None
    token: Path
    password: Path
    page: Path | None

    def paths(self) -> tuple[Path, ...]:
        """Return those that this box has."""
        return tuple(path for path in self if path is not None)


@dataclass(frozen=True, slots=True)
class Site:
    """What the steps of one run share.

    `text` is the configuration as it shall stand at `path`. `exchange` is the folder, such as that
    of a stick, over which a box and its registrar talk.
    """

    config: Config
    path: Path
    text: str
    kit: Kit | None
    exchange: Path
    store: Credstore
    clock: Clock

    @property
    def box(self) -> str:
        """The id of the box."""
        return self.config.box.id

    @property
    def place(self) -> KeyPlace:
        """Where its signing key is."""
        return wiring.key_place(self.config)

    @property
    def own(self) -> Own:
        """Where its secrets are; a password without a panel lies beside the others."""
        keys, config = self.config.keys, self.config
        beside = keys.storage.with_name(password.NAME)
        secret = beside if config.panel is None else config.panel.password
        page = None if config.panel is None else config.panel.key
        client, token = config.uplink.key, config.access.token_key
        return Own(keys.signing, keys.storage, client, token, secret, page)

    @property
    def root(self) -> Path | None:
        """Where the publisher's root.json is; None: the box follows no updates."""
        return None if self.config.updates is None else self.config.updates.root

    def paper(self, kind: str) -> Path:
        """Return where a file of this box lies in the exchange: `ID.KIND`."""
        return self.exchange / f"{self.box}.{kind}"


def folder(path: Path) -> None:
    """Make a folder unless it is there. Raises ReportError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise ReportError(
            f"The folder {path} cannot be made ({e.strerror}).",
            "Free some disk space, mount the stick, or run it as a user who may: sudo.",
        ) from e
