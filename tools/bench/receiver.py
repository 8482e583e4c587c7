"""What a receiver on the platform proves and stores a second: tools.bench_receive, in short."""

from functools import partial

from tools.bench.figure import A_SECOND, Figure, Findings
from tools.bench.ready import Ready
from tools.bench_receive import BOXES, figures, fleet

GROUP = "receiver, records proven and stored in SQLite"
LEAST = 2000.0
RECORDS_A_ROUND, FEWEST = 100, 2 * BOXES


def receiver(ready: Ready) -> Findings:
    """Let one receiver take the records of some boxes."""
    boxes = fleet(max(FEWEST, RECORDS_A_ROUND * ready.asked.rounds))
    found = figures(boxes, 1, str(ready.folder / "measured.sqlite"))
    told = partial(Figure, GROUP, unit=A_SECOND, more_is_better=True)
    core = round(1e6 / found.cpu_us, 1)
    return Findings(
        (
            told("by one core", core, asked=LEAST, by_clock=False),
            told("by the clock", found.records_per_s),
        )
    )
