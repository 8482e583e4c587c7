"""The daemon itself: a live camera over the network, a signal, and a proven outbox.

Meanwhile its page of figures is asked for without end, and `status` looks in.
"""

import json
import re
import socket
import threading
from collections import Counter
from typing import Any, NamedTuple

import pytest

from edge.config import load
from edge.daemon import wiring
from edge.daemon.bulletin import read_bulletin
from edge.record.envelope import decode_part, split
from tests.daemon import Daemon, at_work, street_camera
from tests.street import OUTCOMES, StreetBox, street_box, verb

LEFT = 2  # some are still in sight when it is told to end


class Seen(NamedTuple):
    """A street that went by, and what was told of it: figures, status, the log."""

    box: StreetBox
    figures: dict[str, dict[tuple[str, ...], float]]
    page: str
    recorded: list[dict[str, Any]]
    status: dict[str, Any]
    screen: str
    said: list[str]
    asked: int
    returncode: int


class Flood:
    """Callers that ask for the page without end."""

    def __init__(self, daemon: Daemon, callers: int = 4) -> None:
        self.answers, self._over = 0, threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(daemon,)) for _ in range(callers)]
        for thread in self._threads:
            thread.start()

    def _ask(self, daemon: Daemon) -> None:
        while not self._over.is_set():
            try:
                daemon.page()
            except OSError:
                continue  # not open yet, or too many at once
            self.answers += 1

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def records(box: StreetBox) -> list[dict[str, Any]]:
    with wiring.attached_outbox(load(box.config)) as outbox:
        waiting = outbox.pending(None, 1000)
    return [{"kind": e.kind} | json.loads(decode_part(split(e.jws)[1])) for e in waiting]


def passages(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record["data"] for record in found if record["kind"] == "passage"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    box = street_box(tmp_path_factory.mktemp("street") / "box")
    with street_camera() as camera, at_work(box, camera) as daemon:
        flood = Flood(daemon)
        daemon.wait(lambda: daemon.passages() >= len(OUTCOMES) - LEFT, "the vehicles")
        flood.end()
        daemon.wait(lambda: is_told(daemon, box), "a bulletin of all that is recorded")
        page, found, recorded = daemon.page(), daemon.figures(), records(box)
        status = json.loads(verb("status", "--json", "--config", str(box.config)).stdout)
        screen = verb("status", "--config", str(box.config)).stdout
        daemon.stop()
    return Seen(
        *(box, found, page, recorded, status, screen, daemon.said, flood.answers),
        daemon.process.returncode,
    )


def is_told(daemon: Daemon, box: StreetBox) -> bool:
    """True when the newest bulletin is of all that is recorded by now."""
    told = daemon.figures()["anpr_backlog_records"][()]
    return told == len(records(box))


def test_the_daemon_records_the_street_and_ends_on_a_signal(seen: Seen) -> None:
    assert seen.returncode == 0, seen.said
    assert any("stopped" in line for line in seen.said)
    assert not any(plate in line for plate in OUTCOMES for line in seen.said)
    result = seen.box.verify()
    assert result.returncode == 0, result.stdout


def test_callers_without_end_are_answered_and_cost_no_vehicle(seen: Seen) -> None:
    assert seen.asked > 0
    assert len(passages(records(seen.box))) >= len(OUTCOMES)


def test_the_figures_are_those_of_the_records(seen: Seen) -> None:
    found = passages(seen.recorded)
    outcomes = Counter((r["outcome"], r["zone"]) for r in found)
    assert seen.figures["anpr_passages_total"] == outcomes
    assert seen.figures["anpr_vehicles_announced_total"][()] == len(found)
    assert seen.figures["anpr_stage_seconds_count"][("conclude",)] == len(found)
    assert seen.figures["anpr_backlog_records"][()] == len(seen.recorded)
    assert seen.figures["anpr_held_candidates"][()] == 0
    frames = seen.figures["anpr_frames_total"][()]
    assert 0 < seen.figures["anpr_stage_seconds_count"][("read",)] <= frames
    assert seen.figures["anpr_stage_seconds_count"][("detect",)] in (frames, frames + 1)
    assert seen.figures["anpr_plates_settled_total"][()] <= len(found)


def test_labels_are_few_and_known(seen: Seen) -> None:
    config = load(seen.box.config)
    zones = {zone.id for zone in config.zones}
    assert {zone for _, zone in seen.figures["anpr_passages_total"]} <= zones
    assert {stage for (stage,) in seen.figures["anpr_stage_seconds_count"]} == {
        *("detect", "read", "conclude"),
    }


def test_status_beside_the_daemon_tells_the_same(seen: Seen) -> None:
    items = {item["item"]: item for item in seen.status["items"]}
    last = passages(seen.recorded)[-1]
    assert items["daemon"]["ok"]
    assert items["last passage"]["outcome"] == last["outcome"]
    assert items["backlog"]["records"] == len(seen.recorded)
    assert len(seen.screen.splitlines()) <= 24


def test_a_daemon_that_ended_leaves_its_last_word_and_status_says_that_it_is_not_running(
    seen: Seen,
) -> None:
    told = read_bulletin(load(seen.box.config).box.state)
    assert told is not None
    assert told.reads is not None
    assert told.reads.announced == len(passages(records(seen.box)))
    result = verb("status", "--config", str(seen.box.config))
    assert result.returncode == 1
    assert "The daemon is not running." in result.stdout


def test_neither_page_nor_bulletin_nor_status_knows_a_plate(seen: Seen) -> None:
    bulletin = (seen.box.folder / "state" / "bulletin.json").read_text()
    for text in (seen.page, bulletin, seen.screen, json.dumps(seen.status)):
        assert not any(plate in text for plate in OUTCOMES)


def test_a_port_that_is_taken_ends_the_daemon_with_one_sentence_and_it_is_tried_again(
    seen: Seen,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        config = seen.box.config.with_name("taken.toml")
        told = seen.box.config.read_text()
        config.write_text(re.sub(r'listen = ".*"', f'listen = "{taken}"', told))
        result = verb("run", "--config", str(config))
    assert result.returncode == 1  # systemd starts it anew, but not after a 2
    assert result.stderr == (
        f"anpr-edge: Nothing can listen at {taken} (Address already in use)."
        " Correct metrics.listen, or stop the program that holds that port.\n"
    )
