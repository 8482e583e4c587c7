"""kill -9 of the courier and of the receiver of evidence: every picture arrives, whole."""

import hashlib
import os
import random
import time
from pathlib import Path

from edge.record.evidence import EvidenceRoom
from edge.record.keys import create_signer
from tests.authority import Authority
from tests.faults.test_delivery_killed import Parked
from tests.mosquitto import free_port, wait_for

KILLS = int(os.environ.get("ANPR_EDGE_PROCESS_KILLS", "20"))  # `make soak` asks for 1,000
LONGEST_S, PICTURE_BYTES = 0.15, 100_000


class Carriage:
    """A room whose pictures were released, the courier, and the desk that takes them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.room = folder, EvidenceRoom(folder / "evidence", "box-1")
        authority = Authority(folder)
        authority.issue("box", "box-1")
        authority.issue("desk", "desk")
        create_signer(folder / "platform.pem", None)
        port = free_port()
        self.ends = [Parked(role, folder, port) for role in ("courier", "desk")]
        self.released: set[str] = set()

    def release(self) -> None:
        """Release two pictures, as the daemon does while the uplink is at work."""
        content = b"age-encryption.org/v1\n" + os.urandom(PICTURE_BYTES)
        kept = self.room.keep({"overview": content, "crop": content[:5000]})
        for ref in kept.refs:
            self.room.hand_over(ref.sha256, kept.key)
            self.released.add(ref.sha256)

    @property
    def stored(self) -> list[Path]:
        return sorted((self.folder / "stored").rglob("*.age"))


def test_a_courier_and_a_desk_that_are_killed_lose_no_picture(tmp_path: Path) -> None:
    made, chance = Carriage(tmp_path), random.Random(20265)
    try:
        for end in made.ends:
            end.live()
        for _ in range(KILLS):
            made.release()
            time.sleep(chance.uniform(0, LONGEST_S))
            end = chance.choice(made.ends)
            end.die()
            end.live()
        wait_for(lambda: not made.room.released(), "the last picture")
    finally:
        for end in made.ends:
            end.end()
    assert {path.stem for path in made.stored} == made.released
    for path in made.stored:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem
    print(f"{KILLS} kills: {len(made.released)} pictures, each stored whole")
