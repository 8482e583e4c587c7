"""The bench measures a real delta and a real swap, at any size."""

from edge.registry.cache import RegistryCache
from tools.bench_access import asked
from tools.bench_registry_delta import figures
from tools.large_registry import KEY, large_registry


def test_the_bench_changes_a_registry_and_swaps_it_while_it_is_asked(tmp_path) -> None:
    base = large_registry(400, tmp_path)
    found = figures(base, asked(400, 50), tmp_path, changes=60)
    assert found.lookups > 0
    assert found.gap_ms > 0
    assert found.packed_mb < found.base_mb
    made = tmp_path / "made" / "registry.sqlite"
    with RegistryCache.open(base, KEY) as before, RegistryCache.open(made, KEY) as after:
        assert after.snapshot.sha256 != before.snapshot.sha256
        assert after.snapshot.id == "large-400-newer"
