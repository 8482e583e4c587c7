"""The parts of the benchmark, in their order."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tools.bench.decoding import capture, decoded
from tools.bench.eyes import models
from tools.bench.figure import Findings
from tools.bench.home import uplink
from tools.bench.line import pipeline, prepared
from tools.bench.processes import processes
from tools.bench.ready import Asked, Ready
from tools.bench.receiver import receiver
from tools.bench.sealing import seal

PARTS: dict[str, Callable[[Ready], Findings]] = {
    "capture": capture,
    "models": models,
    "pipeline": pipeline,
    "seal": seal,
    "uplink": uplink,
    "processes": processes,
    "receiver": receiver,
}


def measured(parts: Sequence[str], asked: Asked, folder: Path) -> Findings:
    """Measure some parts in an empty folder. Raises BoxError."""
    frames, decoding = decoded(asked.clip, asked.frames)
    ready = Ready(asked, frames, decoding, prepared(folder), folder)
    found = Findings()
    for part in parts:
        found += PARTS[part](ready)
    return replace(found, left_out=tuple(dict.fromkeys(found.left_out)))
