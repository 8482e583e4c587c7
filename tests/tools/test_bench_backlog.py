"""The benchmark of a backlog: the real way home, every record once."""

from pathlib import Path

from tests.mosquitto import find_mosquitto
from tools.bench_backlog import figures


def test_the_benchmark_brings_every_record_home_once(tmp_path: Path) -> None:
    found = figures(200, tmp_path / "backlog", Path(find_mosquitto()))
    assert (found.records, found.lost, found.twice) == (200, 0, 0)
    assert found.records_per_s > 0
