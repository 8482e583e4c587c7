"""Light and focus: each level switched on a real device, seen, signed, and given back."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.daemon.lamp import HELD_S
from edge.daemon.shown import LAMP, Level, Plate, SightHead
from edge.panel.trial import LATE_S, Lit, Trial
from edge.vision.aim import Light, Mark
from firmware_bridge.simulator.device import Device
from tests.booth import NOW, Booth, Caller
from tests.edge.panel import lamplit

PATIENCE_S = 30.0
LENS = "lenses"


def wait(is_so: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := is_so()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@pytest.fixture
def lit(tmp_path: Path) -> Iterator[lamplit.Lit]:
    with lamplit.lit_booth(tmp_path) as made:
        yield made


def told(caller: Caller) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(caller.ask("/live/light.json")[1])
    return found


def test_each_level_is_switched_seen_signed_and_given_back(
    lit: lamplit.Lit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.panel.trial.LATE_S", 1.5)
    caller = lit.stand.caller()
    caller.log_in()
    wait(lambda: lit.permille == 600)
    rows = {}
    for level, permille in (("off", 0), ("dim", 200), ("full", 1000)):
        wait(lambda: "Verlichting proberen" in caller.ask("/live/light")[1])
        assert caller.send("/live/light/switch", level=level)[0] == 303
        wait(lambda permille=permille: lit.permille == permille)
        lit.bench.say(Device.report_status)
        rows[level] = wait(lambda level=level: plate_row(told(caller), level))
    greys = [int(rows[level][1].removesuffix("\xa0%")) for level in ("off", "dim", "full")]
    assert greys == sorted(set(greys))  # brighter each time
    assert greys[-1] > 2 * greys[0]
    assert "nog" in told(caller)["says"]
    assert caller.send("/live/light/switch", level="own")[0] == 303
    wait(lambda: lit.permille == 600)
    deeds = [d["details"] for d in lit.stand.deeds() if d["action"] == "light_tried"]
    assert [deed["level"] for deed in deeds] == ["off", "dim", "full", "own"]


def plate_row(found: dict[str, Any], level: str) -> list[str] | None:
    row: list[str] = found["levels"][level]
    return row if "-" not in row else None


def test_the_light_goes_back_though_the_browser_is_gone(
    lit: lamplit.Lit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.daemon.lamp.HELD_S", 2.0)
    caller = lit.stand.caller()
    caller.log_in()
    wait(lambda: lit.permille == 600)
    wait(lambda: 'name="level"' in caller.ask("/live/light")[1])
    caller.send("/live/light/switch", level="full")
    wait(lambda: lit.permille == 1000)
    wait(lambda: lit.permille == 600)  # and nobody asked


def test_a_device_that_is_pulled_out_is_told_and_nothing_is_switched(lit: lamplit.Lit) -> None:
    caller = lit.stand.caller()
    caller.log_in()
    wait(lambda: 'name="level"' in caller.ask("/live/light")[1])
    lit.bench.unplug()
    wait(lambda: "niet te horen" in caller.ask("/live/light")[1])
    assert 'name="level"' not in caller.ask("/live/light")[1]
    caller.send("/live/light/switch", level="full")
    assert "light_tried" not in lit.stand.actions()


def test_a_box_without_a_device_says_so_and_its_lens_is_turned_all_the_same(
    inside: Caller, stand: Booth
) -> None:
    page = inside.ask("/live/light")[1]
    assert "Dit kastje stuurt geen verlichting." in page
    assert 'name="level"' not in page
    assert inside.send("/live/light/switch", level="full")[0] == 303
    assert not (stand.parts.folder / LAMP).exists()
    assert "light_tried" not in stand.actions()
    found = wait(lambda: told(inside) if told(inside)[LENS]["plate"]["share"] else None)
    assert found["says"] == "Niet bekend hoe de verlichting brandt."
    assert 0 < found[LENS]["picture"]["share"] <= 1
    assert "," in found[LENS]["plate"]["best"]


@pytest.mark.parametrize("fields", [{}, {"level": "bright"}, {"level": "../off"}])
def test_a_level_that_there_is_not_is_refused(inside: Caller, fields: dict[str, str]) -> None:
    assert inside.send("/live/light/switch", **fields)[0] == 400


def test_the_best_is_forgotten_when_it_is_asked(inside: Caller, stand: Booth) -> None:
    told(inside)
    stand.parts.trial.best["picture"] = 99.0
    assert told(inside)[LENS]["picture"]["best"] == "99,0"
    assert inside.send("/live/light/anew")[0] == 303
    assert told(inside)[LENS]["picture"]["best"] != "99,0"


# What counts, and what does not.


def head(illuminator: float | None, edges: float = 0.3, scene: float = 0.4) -> SightHead:
    mark = Mark("scene", scene, Light.GREEN)
    return SightHead(
        captured_at=NOW, width=1, height=1, scene=mark, edges=edges, illuminator=illuminator
    )


def plate(sharpness: float = 0.8, grey: float = 0.5) -> Plate:
    marks = (
        Mark("sharpness", sharpness, Light.GREEN),
        Mark("contrast", 0.3, Light.GREEN),
        Mark("glare", 0.0, Light.GREEN),
    )
    return Plate(text="", country=None, confidence=1.0, light=Light.GREEN, marks=marks, grey=grey)


@pytest.mark.parametrize(
    ("after_s", "illuminator", "counts"),
    [
        (LATE_S, 1.0, True),
        (LATE_S - 0.1, 1.0, False),
        (HELD_S - LATE_S, 1.0, True),
        (HELD_S - LATE_S + 0.1, 1.0, False),
        (LATE_S, 0.6, False),
        (LATE_S, None, False),
    ],
)
def test_only_what_is_seen_under_the_light_that_was_asked_counts(
    after_s: float, illuminator: float | None, counts: bool
) -> None:
    trial = Trial()
    trial.switch("full", 100.0)
    trial.take(head(illuminator), plate(), 100.0 + after_s)
    wanted: dict[Level, Lit] = {"full": Lit(0.4, 0.5, 0.3, 0.0)} if counts else {}
    assert trial.seen == wanted


def test_a_plate_that_was_seen_stays_while_the_picture_goes_on() -> None:
    trial = Trial()
    trial.switch("off", 100.0)
    trial.take(head(0.0), plate(), 110.0)
    trial.take(head(0.0, scene=0.1), None, 111.0)
    assert trial.seen["off"] == Lit(0.1, 0.5, 0.3, 0.0)


def test_the_box_as_it_wants_is_no_level_that_is_tried() -> None:
    trial = Trial()
    trial.take(head(0.6), plate(), 100.0)
    assert (trial.seen, trial.left_s(100.0)) == ({}, 0.0)


def test_the_sharpest_so_far_stays_until_another_light() -> None:
    trial = Trial()
    for edges, sharpness in ((0.2, 0.7), (0.5, 1.1), (0.4, 0.9)):
        trial.take(head(None, edges), plate(sharpness), 10.0)
    assert trial.now == {"picture": 0.4, "plate": 0.9}
    assert trial.best == {"picture": 0.5, "plate": 1.1}
    trial.switch("full", 20.0)
    assert trial.best == {}


def test_a_plate_counts_only_since_the_light_changed() -> None:
    trial = Trial()
    trial.switch("full", 100.0)
    assert trial.since_s(101.0) == 100.0 + LATE_S
    assert trial.since_s(100.0 + HELD_S + 1) == 100.0 + HELD_S + LATE_S
    trial.switch("own", 200.0)
    assert trial.since_s(300.0) == 200.0 + LATE_S
