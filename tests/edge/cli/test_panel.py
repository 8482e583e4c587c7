"""`anpr-edge panel` on a box that has none."""

from pathlib import Path

from tests.booth import box
from tests.edge.cli.test_main import anpr_edge


def test_a_box_without_a_panel_is_told_so(tmp_path: Path) -> None:
    box(tmp_path)
    config = tmp_path / "box.toml"
    config.write_text(config.read_text().partition("[panel]")[0])
    done = anpr_edge("panel", "--config", config)
    assert done.returncode == 2
    assert "This box has no panel" in done.stderr
