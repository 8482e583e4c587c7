"""A box for testers who have no box: our models, throwaway keys, no registry.

Without a registry nothing can be decided, so every passage goes to review: the replay shows
what was seen and read.
"""

import hashlib
import shutil
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from edge.casebook.casebook import Casebook
from edge.clock import ReplayClock
from edge.config import Access, Box, Config, Keys, Models, Zone
from edge.daemon import wiring
from edge.daemon.pipeline import Pipeline
from edge.feed.outbox import Outbox
from edge.ports import Signer
from edge.record.keys import create_signer, write_private
from edge.registry.cache import AbsentRegistry
from edge.registry.token import new_key

BOX = "replay"
ZONE = Zone(id="replay", pack="nl-ze", start=date(2025, 1, 1))


@dataclass(frozen=True, slots=True)
class ReplayBox:
    """What a replay runs on."""

    pipeline: Pipeline
    clock: ReplayClock
    signer: Signer
    outbox: Outbox
    casebook: Casebook

    def close(self) -> None:
        """Let go of the files."""
        self.casebook.close()
        self.outbox.close()


def bare_box(folder: Path, start: datetime, threads: int = 2) -> ReplayBox:
    """Make a box in `folder`/box; its public key lies in `folder` for whoever verifies."""
    state = folder / "box"
    state.mkdir()
    for name in ("token.key", "storage.key"):
        write_private(state / name, new_key().hex().encode())
    signer = create_signer(state / "replay.pem", BOX)
    shutil.copy(state / "replay.jwk", folder)
    config = Config(
        box=Box(id=BOX, state=state),
        access=Access(registry=state / "registry.sqlite", token_key=state / "token.key"),
        keys=Keys(
            signing=state / "replay.pem",
            platform=state / "platform.jwk",
            storage=state / "storage.key",
        ),
        zones=(ZONE,),
        models=Models(threads=threads),
        sha256=hashlib.sha256(b"").hexdigest(),
    )
    outbox, clock = wiring.outbox(config), ReplayClock(start)
    absent = AbsentRegistry("this replay was given no registry")
    casebook = wiring.casebook(config, outbox)
    cabinet = wiring.Cabinet(config, clock, absent, signer, outbox, casebook)
    return ReplayBox(wiring.pipeline(cabinet), clock, signer, outbox, casebook)
