"""The daemon with a camera that is not its own: a push over HTTP, a signal, a proven outbox."""

import http.client
import signal
import subprocess
import sys
import urllib.request
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from edge.clock import SystemClock
from edge.config import load
from edge.daemon import wiring
from edge.feed.ledger import open_ledgers
from edge.record.envelope import decode_part, split
from edge.record.keys import load_signer
from edge.record.message import PassageRecord, decode
from edge.registry.token import load_key
from edge.types import Envelope
from tests.conftest import REPOSITORY
from tests.edge.capture.external.messages import PLATE, rekor
from tests.mosquitto import free_port, wait_for
from tests.street import StreetBox, street_box

EXTERNAL = """
[external]
product = "rekor"
listen = "127.0.0.1:{port}"
allow = ["127.0.0.1"]
min_confidence = 0.9
"""


def pushed(port: int) -> bool:
    """Push one vehicle of this moment; True once the daemon has dealt with it."""
    address = f"http://127.0.0.1:{port}/"
    request = urllib.request.Request(address, rekor(at=datetime.now(UTC)), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def answer(port: int, body: bytes) -> int:
    """Push what is no message; return what is answered."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with closing(line):
        line.request("POST", "/", body)
        return line.getresponse().status


def told(alarm: Envelope) -> str:
    return str(decode(decode_part(split(alarm.jws)[1])).data)


def passages(box: StreetBox) -> list[PassageRecord]:
    (ledger,) = open_ledgers(box.outbox, load_key(box.storage_key))
    found = (decode(decode_part(split(stored.jws)[1])).data for stored in ledger.records)
    return [record for record in found if isinstance(record, PassageRecord)]


def test_the_daemon_records_what_a_foreign_camera_pushes(tmp_path: Path) -> None:
    box, port = street_box(tmp_path / "box"), free_port()
    box.config.write_text(box.config.read_text() + EXTERNAL.format(port=port))
    command = [sys.executable, "-m", "edge.cli.main", "run", "--config", str(box.config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY) as daemon:
        wait_for(lambda: daemon.poll() is not None or pushed(port), "the camera's answer")
        daemon.send_signal(signal.SIGTERM)
        _, said = daemon.communicate(timeout=60)
    assert daemon.returncode == 0, said
    assert "0 messages of the camera could not be read" in said
    assert PLATE not in said
    (record,) = passages(box)
    assert (record.site.foreign, record.models) == ("rekor", ())
    proof = box.verify()
    assert proof.returncode == 0, proof.stdout


def test_messages_that_cannot_be_read_raise_one_signed_alarm(tmp_path: Path) -> None:
    box, port = street_box(tmp_path / "box"), free_port()
    box.config.write_text(box.config.read_text() + EXTERNAL.format(port=port))
    config = load(box.config)
    with (
        wiring.outbox(config) as outbox,
        wiring.casebook(config, outbox) as casebook,
        wiring.fresh_registry(config) as registry,
    ):
        signer = load_signer(config.keys.signing)
        parts = (config, SystemClock(), registry, signer, outbox, casebook)
        cabinet = wiring.Cabinet(*parts)
        assert config.external is not None
        watch = wiring.foreign_watch(config.external, cabinet, wiring.pipeline(cabinet))
        alarms = wiring.alarms(cabinet, watch)
        before = [a for a in alarms.look() if "camera" in told(a)]
        assert answer(port, b"{") == 400
        (raised,) = alarms.look()
        after = alarms.look()
        watch.close()
    assert before == after == []
    assert "Messages of the camera cannot be read" in told(raised)
    assert "external.product" in told(raised)
