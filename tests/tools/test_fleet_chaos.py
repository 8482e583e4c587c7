"""A small fleet against the real platform, through everything that may go wrong."""

import tempfile
from pathlib import Path

from edge.daemon.uplink import Pace
from tests.mosquitto import find_mosquitto
from tests.postgres import find_postgres
from tools.fleet.figures import figures
from tools.fleet.findings import findings
from tools.fleet.page import write
from tools.fleet.plan import Away, Limits, Plan
from tools.fleet.report import facts
from tools.fleet.scale import Means, scale
from tools.fleet.scenario import run

HURRIED = Pace(patience_s=2.0, retry_s=0.3, retry_limit_s=2.0)
BOXES = 60


def test_a_fleet_goes_through_every_fault_and_comes_home() -> None:
    find_mosquitto()
    find_postgres()
    with tempfile.TemporaryDirectory(prefix="anpr-fleet-test-") as made:
        folder = Path(made)
        folder.chmod(0o755)  # PostgreSQL has a user of its own
        _goes_through_every_fault(folder)


def _goes_through_every_fault(folder: Path) -> None:
    plan = Plan(
        boxes=BOXES,
        workers=2,
        receivers=2,
        quiet_s=1.5,
        rate_s=15.0,
        disk=folder,
        files=folder / "files",
        away=Away(0.3, 3.0, 5),
        limits=Limits(p99_s=60.0, home_s=120.0),  # a busy machine is no fault
        pace=HURRIED,
    )
    ran = run(plan)
    found = figures(ran)
    faults = findings(found, plan.limits)
    assert faults == []
    assert (found.lost, found.twice, found.left) == (0, 0, 0)
    assert found.forked == ("box-00001",)
    assert [bad.sort for bad in found.poison if bad.refused < bad.sent] == []
    assert {"passage", "resolution", "health"} <= found.kinds.keys()
    assert found.deaf["box-00060"]
    told = facts(plan, found, scale(found, plan.daily, Means(), 0.002), faults)
    write(folder / "report", told, found, ran.course.spans)
    page = (folder / "report" / "report.html").read_text(encoding="utf-8")
    assert "It holds" in page
    assert page.count("data:image/png") == 2
    assert "http" not in page  # it needs nothing beside it
