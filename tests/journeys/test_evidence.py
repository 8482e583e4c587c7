"""The way of a picture: camera, seal, release, TLS, receiver, the authority's eyes; or its end."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyrage import x25519

from edge.capture.clip import read_image
from edge.cli import held as module
from edge.cli.read import readings_in
from edge.cli.uplink import courier
from edge.config import Models, load
from edge.daemon.wiring import evidence_room
from edge.daemon.wiring_eyes import detector, reader
from edge.errors import EvidenceError
from edge.feed.outbox import Outbox
from edge.record.age import Identity
from edge.registry.token import load_key
from tests.authority import Authority
from tests.conftest import REPOSITORY
from tests.journeys.test_held_and_released import AS_OF, LORRY, PERMIT, VAN, Clock, held, rebuild
from tests.street import SPOOL, StreetBox, street_box
from tools.open_evidence import open_evidence

BOX = "voorbeeldgem-01"
JPEG, AGE = b"\xff\xd8\xff\xe0\x00\x10JFIF", b"age-encryption.org"
AUTHORITY = [x25519.Identity.generate() for _ in range(2)]


def configured(box: StreetBox, uplink: str) -> None:
    """Let the box guard Utrecht, keep pictures for the authority, and know where they go."""
    text = box.config.read_text()
    text = re.sub(
        r"\[\[zones\]\](.|\n)*?\n\n", '[[zones]]\nid = "utrecht"\npack = "nl-ze"\n\n', text
    )
    keys = ", ".join(f'"{key.to_public()}"' for key in AUTHORITY)
    text = text.replace(SPOOL, uplink)
    box.config.write_text(f"{text}\n[evidence]\nrecipients = [{keys}]\n")


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[tuple[Authority, str]]:
    """The receiver of evidence as a process of its own, and the authority of its certificates."""
    (tmp_path / "ca").mkdir()
    (tmp_path / "platform").mkdir()
    authority = Authority(tmp_path / "ca")
    cert, key = authority.issue("server", "server")
    command = [sys.executable, "-m", "tools.receive_evidence", "--folder", str(tmp_path / "stored")]
    command += ["--signing", str(tmp_path / "box/keys/platform.pem"), "--host", "127.0.0.1"]
    command += ["--port", "0", "--ca", str(tmp_path / "ca/ca.pem")]
    command += ["--cert", str(cert), "--key", str(key)]
    street_box(tmp_path / "box")
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY)
    assert process.stderr is not None
    said = re.search(r"https://\S+", process.stderr.readline())
    assert said is not None
    yield authority, f"{said[0]}/evidence"
    process.terminate()
    process.wait(10)
    process.stderr.close()


def state(box: StreetBox) -> dict[str, bytes]:
    folder = box.folder / "state"
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def rows(box: StreetBox) -> list[bytes]:
    with sqlite3.connect(box.folder / "state/casebook.sqlite") as db:
        found = [row for (row,) in db.execute("SELECT sealed FROM held")]
    db.close()
    return found


def plates_in(pictures: list[Path]) -> list[set[str]]:
    eyes = detector(Models()), reader(Models())
    return [{r.text for r in readings_in(read_image(path), *eyes)} for path in pictures]


def test_the_authority_reads_the_released_plate_in_its_picture_and_of_the_withdrawn_nothing_is_left(
    receiver: tuple[Authority, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, address = receiver
    box = StreetBox(tmp_path / "box")
    cert, key = authority.issue("box", BOX)
    uplink = f'publisher = "mqtt"\nca = "{tmp_path}/ca/ca.pem"\ncert = "{cert}"\nkey = "{key}"\n'
    configured(box, f'{uplink}evidence = "{address}"')
    rebuild(box, "morning", AS_OF)
    played = box.replay("--no-video")
    assert played.returncode == 0, played.stderr

    # Held: two pictures of each of the two, under seal; of the other six vehicles none.
    before = state(box)
    pictures = {name: content for name, content in before.items() if "evidence" in name}
    assert len(pictures) == 4
    assert not any(mark in content for content in before.values() for mark in (JPEG, AGE))
    assert not any(plate in name for name in before for plate in (LORRY, VAN))
    sealed_rows = rows(box)
    assert all(any(row in content for content in before.values()) for row in sealed_rows)

    # Ended: one is released, the other is withdrawn.
    monkeypatch.setattr(module, "SystemClock", Clock)
    rebuild(box, "next-morning", datetime(2028, 6, 2, 5, tzinfo=UTC), PERMIT)
    assert held(box, "release")["ended"] == 2
    after = state(box)
    left = {Path(name).stem for name in after if "evidence" in name}
    assert len(left) == 2
    assert not any(JPEG in content for content in after.values())
    assert not any(row in content for content in after.values() for row in sealed_rows)
    for name, content in pictures.items():
        with pytest.raises(EvidenceError):  # what a thief may have kept is noise to everybody
            Identity.read(str(AUTHORITY[0])).open(content)
        assert (Path(name).stem in left) is (name.replace(".sealed", ".age") in after)

    # Delivered: the platform stores what it cannot open, and the box forgets it.
    settings = load(box.config)
    line = courier(settings)
    assert line is not None
    assert line.round() == 0
    assert evidence_room(settings).released() == []
    files = sorted((tmp_path / "stored" / BOX).iterdir())
    assert {path.stem for path in files} == left

    # Opened: with the signed records and either key of the authority.
    records, identity = tmp_path / "records.jws", tmp_path / "identity.txt"
    with Outbox.attach(box.outbox, load_key(box.storage_key)) as outbox:
        records.write_bytes(b"\n".join(e.jws for e in outbox.pending(None, 1000)))
    for number, secret in enumerate(AUTHORITY):
        identity.write_text(f"{secret}\n")
        out = tmp_path / f"opened-{number}"
        words = ["--identity", str(identity), "--record", str(records), "--keys", str(box.keys)]
        result = CliRunner().invoke(open_evidence, [*map(str, files), *words, "--out", str(out)])
        assert result.exit_code == 0, result.output
        shown = sorted(out.iterdir())
        assert [path.name.rpartition("-")[2] for path in shown] == ["crop.jpg", "overview.jpg"]
    assert plates_in(shown) == [{LORRY}, {LORRY}]
