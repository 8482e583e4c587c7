"""A technician at a box at work: the real daemon, the real panel, a street before the camera."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from edge.feed.outbox import Outbox
from edge.panel.walk import Step
from edge.record.envelope import decode_part, split
from edge.record.message import AuditRecord, decode
from edge.record.password import hashed, line_of
from edge.registry.token import load_key
from edge.settings import Settings
from tests.booth import PASSWORD, Caller, certificate
from tests.conftest import REPOSITORY
from tests.daemon import PATIENCE_S, at_work, free_port, street_camera
from tests.street import StreetBox, street_box, verb

SQUARE = [[0.02, 0.02], [0.98, 0.02], [0.98, 0.98], [0.02, 0.98]]
DRAWN = {"region": SQUARE, "lanes": [{"name": "inwards", "polygon": SQUARE, "direction": None}]}


@contextmanager
def panel(box: StreetBox) -> Iterator[Caller]:
    """Start `anpr-edge panel` beside the daemon, once that has made its folder."""
    until((box.folder / "state" / "panel" / "daemon.sock").exists)
    command = [sys.executable, "-m", "edge.cli.main", "panel", "--config", str(box.config)]
    port = Settings(box.config).config().panel
    assert port is not None
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        caller = Caller(f"https://127.0.0.1:{port.address[1]}")
        try:
            until(lambda: answers(caller))
            yield caller
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_S)
    assert process.returncode in {0, -signal.SIGTERM}


def answers(caller: Caller) -> bool:
    try:
        return caller.ask("/login")[0] == 200
    except OSError:
        return False


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.fixture
def box(tmp_path: Path) -> StreetBox:
    made = street_box(tmp_path / "box")
    certificate(made.folder)
    (made.folder / "panel.password").write_bytes(line_of(hashed(PASSWORD)))
    with made.config.open("a") as file:
        file.write(f'\n[panel]\nlisten = "127.0.0.1:{free_port()}"\n')
        file.write('cert = "panel.crt"\nkey = "panel.key"\npassword = "panel.password"\n')
    return made


def audits(box: StreetBox) -> list[str]:
    return [one.action for one in deeds(box)]


def deeds(box: StreetBox) -> list[AuditRecord]:
    with Outbox.attach(box.outbox, load_key(box.storage_key)) as outbox:
        chain = [e for e in outbox.pending(None, 1000) if e.kind == "audit"]
    found = [decode(decode_part(split(e.jws)[1])).data for e in chain]
    return [one for one in found if isinstance(one, AuditRecord)]


def test_a_panel_whose_port_is_taken_ends_and_systemd_starts_it_anew(box: StreetBox) -> None:
    """Ended for good, a box would have none until somebody starts it by hand."""
    told = box.config.read_text()
    (box.folder / "state").mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as other:
        listen = f"127.0.0.1:{other.getsockname()[1]}"
        box.config.write_text(
            re.sub(r'\[panel\]\nlisten = ".*"', f'[panel]\nlisten = "{listen}"', told)
        )
        ended = verb("panel", "--config", str(box.config))
    assert ended.returncode == 1
    assert f"anpr-edge: Nothing can listen at {listen} (Address already in use)." in ended.stderr


def test_a_technician_sees_draws_and_leaves_a_signed_trail(box: StreetBox) -> None:
    with street_camera() as camera, at_work(box, camera), panel(box) as caller:
        assert caller.log_in() == 303
        until(lambda: '"plate"' in caller.ask("/live.json")[1])
        assert caller.ask("/still.jpg")[2]["content-type"] == "image/jpeg"
        until(lambda: "••••" in caller.ask("/")[1])  # vehicles, masked
        page = caller.send("/road/change", drawing=json.dumps(DRAWN))[1]
        base = page.partition('name="base" value="')[2].partition('"')[0]
        applied = caller.send("/road/apply", drawing=json.dumps(DRAWN), base=base)
        assert applied[2]["location"] == "/road?said=applied"
        until(lambda: "van kracht" in caller.ask("/")[1])  # the daemon went over to it
        assert caller.send("/logout")[0] == 303
        wanted = ["login", "live_watched", "settings_changed", "logout"]
        until(lambda: audits(box) == wanted)
    assert box.verify().returncode == 0


def test_a_box_is_commissioned_and_its_chain_proves_the_report(box: StreetBox) -> None:
    with street_camera() as camera, at_work(box, camera), panel(box) as caller:
        assert caller.log_in() == 303
        until(lambda: '"plate"' in caller.ask("/live.json")[1])
        until(lambda: "aan het werk sinds" in caller.ask("/")[1])
        assert caller.send("/commission/begin")[0] == 303
        assert caller.send("/commission/run")[0] == 303
        for step in list(Step)[:-1]:
            assert caller.send("/commission/step", step=step, agreed="yes")[0] == 303
        until(lambda: not caller.ask("/commission/run.json")[1].startswith('{"says":"0 '))
        assert caller.send("/commission/step", step="run")[0] == 303
        caller.send("/commission/finish", technician="A. de Vries", place="N201")
        papers = {kind: caller.fetch(f"/commission/report.{kind}")[1] for kind in ("html", "pdf")}
        until(lambda: audits(box)[-1] == "commissioned")
        told = deeds(box)[-1].details
    assert told["html"] == sha256(papers["html"]).hexdigest()
    assert told["pdf"] == sha256(papers["pdf"]).hexdigest()
    page = papers["html"].decode()
    assert page.count("data:image/jpeg") == 2
    assert "Breedte van het kenteken" in page
    assert "van minstens 10 voertuigen" in page
    assert told["fit"] == "no"  # this street has too few vehicles in so short a time
    assert box.verify().returncode == 0
