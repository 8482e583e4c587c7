"""What it costs to seal: a signature, two pictures of a candidate, and age around them."""

from functools import partial

from edge.config import Models
from edge.daemon import wiring, wiring_eyes
from edge.passage.album import Shot
from edge.record.age import Recipients
from edge.types import Box, Link
from edge.vision.pictures import pictures
from tools.bench.eyes import busiest
from tools.bench.figure import Findings
from tools.bench.ready import Ready
from tools.bench.timing import Work, in_turn
from tools.bench_backlog import sealed

GROUP = "seal, one thread"
PLATE = Box(600.0, 500.0, 700.0, 525.0)
"""What is taken for a plate where the clip shows none."""


def seal(ready: Ready) -> Findings:
    """Time each step on its own, in turn."""
    image, config = busiest(ready.frames), ready.config
    found = wiring_eyes.detector(Models(threads=1)).detect(image)
    plates = tuple(detection.box for detection in found) or (PLATE,)
    shot = Shot(image, plates)
    recipients = Recipients(() if config.evidence is None else config.evidence.recipients)
    jpegs = dict(pictures(shot, plates[0]))
    closed = {name: recipients.seal(jpeg) for name, jpeg in jpegs.items()}
    signer, room = wiring.key_place(config).load(), wiring.evidence_room(config)
    work: dict[str, Work] = {
        "write and sign a record (Ed25519)": partial(sealed, Link(1, 1, "0" * 64), signer),
        "take two pictures (JPEG)": partial(pictures, shot, plates[0]),
        "encrypt them to two keys (age)": lambda: [*map(recipients.seal, jpegs.values())],
        "make them durable, on the disk": partial(room.keep, closed),
    }
    times = in_turn(work, ready.asked.rounds)
    return Findings(tuple(taken.figure(GROUP, name) for name, taken in times.items()))
