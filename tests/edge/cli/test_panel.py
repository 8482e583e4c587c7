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
    assert anpr_edge("panel", "--wanted", "--config", config).returncode == 1


def test_a_box_with_a_panel_wants_it_also_while_what_was_drawn_is_broken(tmp_path: Path) -> None:
    drawn = box(tmp_path).path.parent / "state" / "settings" / "site.toml"
    drawn.parent.mkdir()
    drawn.write_text("[")
    assert anpr_edge("panel", "--wanted", "--config", tmp_path / "box.toml").returncode == 0
