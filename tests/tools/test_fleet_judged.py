"""What a report says of a run, and what it draws from it; the runs here are made up."""

from dataclasses import replace
from pathlib import Path

import pytest

from tools.fleet.conductor import Span
from tools.fleet.figures import Bad, Cost, Figures, PhaseFigures, Series
from tools.fleet.findings import findings
from tools.fleet.page import write
from tools.fleet.plan import Daily, Limits, Plan
from tools.fleet.plots import latency
from tools.fleet.report import facts, show
from tools.fleet.scale import Means, Prices, scale

QUIET = PhaseFigures("quiet", 60.0, 600, 10.0, 0.02, 0.05, 0.4, 0.9, None, True)
STORM = PhaseFigures("storm", 40.0, 500, 12.5, 5.0, 9.0, 11.0, 12.0, 30.0, True)
COST = Cost(
    core_s={"boxes": 3.0, "broker": 0.3, "receivers": 3.0, "database": 0.8},
    busy_core_s={"boxes": 2.0, "broker": 0.2, "receivers": 1.0, "database": 0.5},
    held={"broker": 50_000_000},
    record_bytes=2500.0,
    wire_bytes=3400.0,
    table_bytes=2600.0,
    log_bytes=2800.0,
    storm_s={"broker": 3.0},
)
SOUND = Figures(
    boxes=1000,
    records=1100,
    lost=0,
    twice=0,
    left=0,
    strange=0,
    again=7,
    refused={"malformed": 10},
    poison=(Bad("malformed", 10, 10, "malformed"),),
    poisoned=0,
    forked=("box-00001",),
    cloned="box-00001",
    deaf={"box-00060": 3},
    phases=(QUIET, STORM),
    cost=COST,
    series=Series((), (), (), (), ()),
    loads=(1.0,),
    kinds={},
    connections=2000,
)


def test_a_sound_run_has_no_finding():
    assert findings(SOUND, Limits()) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"lost": 3}, "3 of 1100 records are lost"),
        ({"twice": 2}, "2 records are stored twice"),
        ({"left": 4}, "4 records have not come home"),
        ({"strange": 1}, "1 records are stored that no box wrote"),
        ({"poison": (Bad("forged", 10, 9, "altered"),)}, "(forged) only 9 were refused"),
        ({"poisoned": 1}, "1 records of the box that sends bad messages"),
        ({"poison": ()}, "10 good messages were refused"),
        ({"forked": ()}, "box-00001 was cloned, and the platform does not name its fork"),
        ({"forked": ("box-00001", "box-2")}, "box-2 is said to be forked"),
        ({"deaf": {"box-00060": 0}}, "box-00060 forgot its records"),
        ({"phases": (STORM,)}, "Nothing was stored while all was quiet"),
        ({"phases": (replace(QUIET, p99_s=2.5), STORM)}, "2.50 s or longer"),
        ({"phases": (QUIET, replace(STORM, home_s=61.0))}, "After 'storm' it took 61 s"),
        ({"phases": (QUIET, replace(STORM, was_home=False, home_s=None))}, "were not home"),
    ],
)
def test_whatever_must_not_be_is_one_clear_sentence(changes: dict[str, object], says: str):
    found = findings(replace(SOUND, **changes), Limits())
    assert len(found) == 1
    assert says in found[0]


def test_what_breaks_first_stands_first_and_shows_its_formula():
    drawn = scale(SOUND, Daily(), Means(disk_gb=1e9), sync_s=0.002)
    assert [one.boxes for one in drawn.limits] == sorted(one.boxes for one in drawn.limits)
    assert all(any(sign in one.formula for sign in ("/", "conf")) for one in drawn.limits)


def test_receivers_break_where_their_cores_are_full_at_rush_hour():
    daily = Daily()
    drawn = scale(SOUND, daily, Means(peak=2.0, receivers=3), sync_s=0.002)
    (cores,) = [one for one in drawn.limits if one.what == "the cores of 3 receivers"]
    at_rush_hour = cores.boxes * daily.records / 86_400 * 2.0
    assert at_rush_hour * 1.0 / 1000 == pytest.approx(3 * 0.7, rel=0.001)


def test_twice_the_boxes_take_twice_of_everything():
    drawn = scale(SOUND, Daily(), Means(), sync_s=0.002)
    five, ten = (next(n for n in drawn.needs if n.boxes == boxes) for boxes in (5_000, 10_000))
    for name in ("records_s", "receiver_cores", "database_cores", "mbit_s", "gb_month"):
        assert getattr(ten, name) == pytest.approx(2 * getattr(five, name))


def test_a_hundred_thousand_boxes_need_several_brokers():
    drawn = scale(SOUND, Daily(), Means(), sync_s=0.002)
    assert drawn.needs[-1].brokers >= 5  # 20,000 connections each
    storm_s = drawn.needs[-1].storm_s
    assert storm_s is not None
    assert storm_s <= Means().home_s


def test_a_price_is_asked_for_and_never_claimed():
    free = scale(SOUND, Daily(), Means(), sync_s=0.002)
    priced = scale(SOUND, Daily(), Means(prices=Prices(core=10, gb=1, mbit=2)), sync_s=0.002)
    assert free.needs[0].price_month is None
    need = priced.needs[0]
    cores = need.broker_cores + need.receiver_cores + need.database_cores
    assert need.price_month == pytest.approx(10 * cores + need.gb_month + 2 * need.mbit_s)


@pytest.mark.parametrize("columns", [80, 120])
def test_the_tables_fit_a_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("COLUMNS", str(columns))
    slow = replace(STORM, name="back from days away", written=123_456, per_s=1234.5, p99_s=1123.45)
    found = replace(SOUND, phases=(QUIET, replace(slow, was_home=False, home_s=None)))
    show(found, scale(found, Daily(), Means(prices=Prices(core=100)), sync_s=0.002))
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= columns
    assert "…" not in shown
    for said in ("1123.45", " not ", "100,000", "box-00060 can prove no receipt: it keeps 3"):
        assert said in shown


def test_a_run_in_which_nothing_was_stored_is_drawn_all_the_same():
    never = replace(QUIET, p50_s=None, p95_s=None, p99_s=None)
    for phases in ((), (never,), SOUND.phases):
        assert latency(replace(SOUND, phases=phases)).startswith("data:image/png")


def test_what_was_spent_on_waiting_is_not_drawn_out_to_more_boxes():
    quiet = replace(SOUND, cost=replace(COST, busy_core_s={}))
    assert scale(quiet, Daily(), Means(), sync_s=0.002).limits == ()


def test_a_storm_that_was_not_played_is_not_told_as_one_of_no_time(
    capsys: pytest.CaptureFixture[str],
):
    calm = replace(SOUND, cost=replace(COST, storm_s={}), poison=(), forked=())
    drawn = scale(calm, Daily(), Means(), sync_s=0.002)
    assert {need.storm_s for need in drawn.needs} == {None}
    show(calm, drawn)
    shown = capsys.readouterr().out
    assert "let in again" not in shown
    assert "Bad messages" not in shown


def test_a_run_in_which_nothing_was_stored_has_a_page_all_the_same(tmp_path: Path):
    silent = replace(QUIET, written=0, p50_s=None, p95_s=None, p99_s=None, worst_s=None)
    found = replace(SOUND, phases=(silent,), series=Series((0.0,), (0,), (0,), (0,), (4,)))
    drawn, faults = scale(found, Daily(), Means(), sync_s=0.002), findings(found, Limits())
    plan = Plan(boxes=4, workers=1, receivers=1, quiet_s=1, disk=tmp_path, files=tmp_path)
    write(tmp_path, facts(plan, found, drawn, faults), found, [Span("quiet", 0.0, 1.0)])
    page = (tmp_path / "report.html").read_text()
    assert "It does not hold" in page
    assert page.count("data:image/png") == 2
