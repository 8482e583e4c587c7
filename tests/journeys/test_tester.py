"""A tester follows README, "Test it": from a clip to a verdict."""

import re
from pathlib import Path

from edge.replay.happenings import KINDS
from tests.conftest import REPOSITORY
from tests.handbook import check_promises, followed
from tests.street import street_box
from tools.compare_runs.thresholds import AtLeast, read_thresholds


def section() -> str:
    readme = (REPOSITORY / "README.md").read_text()
    return readme.partition("\n## Test it\n")[2].partition("\n## ")[0]


def test_every_command_succeeds_and_says_what_it_promises(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    street_box(tmp_path / "out" / "demo")
    quick = re.sub(r"(anpr-edge replay .*)", r"\1 --no-video", section())
    (tmp_path / "tested.md").write_text(quick)
    check_promises(followed(tmp_path / "tested.md", tmp_path))
    for name in ("out/before/report.html", "out/compared/compare.html"):
        page = (tmp_path / name).read_text()
        assert "data:image/jpeg;base64," in page
        assert not re.search(r"(src|href)=[\"']?(http|//)", page)


def test_everything_that_may_happen_is_told() -> None:
    for what in KINDS:
        assert f"| `{what}` |" in section(), what
    for rate in AtLeast.__struct_fields__:
        assert rate in section(), rate


def test_the_thresholds_of_the_demonstration_can_be_read() -> None:
    wanted = read_thresholds(REPOSITORY / "tools" / "demo" / "thresholds.toml")
    assert wanted.at_most.newly_accused == 0
