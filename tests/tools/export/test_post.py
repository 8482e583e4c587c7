"""Passages posted to a real HTTP server: each arrives once, whatever happens in between."""

import base64
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.errors import BoxError
from edge.record.message import PlateRecord, Site
from tests.conftest import REPOSITORY
from tests.tools.export.platform import Platform, running
from tests.tools.export.records import PLATE, Witness, database
from tools.export import post as module
from tools.export.__main__ import export

SITES = """\
[camera-1]
name = "Camera 1"
street = "Singel"
heading = 180
latitude = 52.09
longitude = 5.12
lanes = ["outbound", "inbound"]
"""


@pytest.fixture
def platform() -> Iterator[Platform]:
    with running() as found:
        yield found


@pytest.fixture
def witness() -> Witness:
    return Witness("box-1")


def run(folder: Path, platform: Platform, *words: object) -> Result:
    (folder / "sites.toml").write_text(SITES)
    files = ("--sites", folder / "sites.toml", "--cursor", folder / "cursor.json")
    asked = ("post", folder / "received.sqlite", "--to", platform.address, *files, "--json", *words)
    return CliRunner().invoke(export, [str(word) for word in asked])


def posted(folder: Path, platform: Platform, *words: object) -> dict[str, int]:
    found: dict[str, int] = json.loads(run(folder, platform, *words).stdout)
    return found


def test_each_passage_is_sent_once_and_a_second_run_sends_what_is_new(
    tmp_path: Path, platform: Platform, witness: Witness
) -> None:
    chain = [witness.sees() for _ in range(3)]
    database(tmp_path, witness, chain)
    assert posted(tmp_path, platform) == {"created": 3, "known": 0, "refused": 0}
    assert posted(tmp_path, platform) == {"created": 0, "known": 0, "refused": 0}
    chain.append(witness.sees())
    database(tmp_path, witness, chain)
    assert posted(tmp_path, platform) == {"created": 1, "known": 0, "refused": 0}
    assert len(platform.taken) == 4


def test_a_released_candidate_is_a_correction_with_the_next_number_and_no_plate(
    tmp_path: Path, platform: Platform, witness: Witness
) -> None:
    candidate = witness.sees()
    database(tmp_path, witness, [candidate, witness.sees(), witness.releases(candidate)])
    (tmp_path / "hash.key").write_text("ab" * 32)
    assert posted(tmp_path, platform, "--hash-key", tmp_path / "hash.key")["created"] == 3
    first, _, last = platform.taken.values()
    assert (first["volgnummer"], last["volgnummer"]) == (0, 1)
    assert (first["id"], first["timestamp"]) == (last["id"], last["timestamp"])
    assert "kentekenHash" not in first["voertuig"]["kenteken"]
    assert len(last["voertuig"]["kenteken"]["kentekenHash"]) == 32
    assert PLATE not in json.dumps([first, last])


def test_without_a_key_for_it_no_plate_is_sent_even_as_a_hash(
    tmp_path: Path, platform: Platform, witness: Witness
) -> None:
    candidate = witness.sees()
    database(tmp_path, witness, [candidate, witness.releases(candidate)])
    assert posted(tmp_path, platform)["created"] == 2
    assert "kentekenHash" not in json.dumps([*platform.taken.values()])


def test_what_leads_to_a_vehicle_is_coarse_before_it_leaves(
    tmp_path: Path, platform: Platform, witness: Witness
) -> None:
    database(tmp_path, witness, [witness.sees()])
    posted(tmp_path, platform)
    (message,) = platform.taken.values()
    vehicle = message["voertuig"]
    assert vehicle["jaarEersteToelating"] == 2016
    assert vehicle["toegestaneMaximumMassaVoertuig"] == 1500
    assert vehicle["brandstoffen"] == [
        {"naam": "Diesel", "volgnummer": 1, "emissieklasse": "5"},
        {"naam": "Elektriciteit", "volgnummer": 2},
    ]
    assert "2016-04-30" not in json.dumps(message)
    assert "3200" not in json.dumps(message)
    assert (message["rijstrook"], message["rijrichting"]) == (2, "NAAR")
    assert vehicle["kenteken"]["betrouwbaarheid"]["kentekenBetrouwbaarheid"] == 970


def test_what_is_refused_for_good_is_put_aside_with_the_answer_and_the_rest_goes_on(
    tmp_path: Path, platform: Platform, witness: Witness
) -> None:
    unknown = Site(camera="camera-1", direction="unknown")  # it wants a direction
    database(tmp_path, witness, [witness.sees(), witness.sees(site=unknown), witness.sees()])
    result = run(tmp_path, platform)
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"created": 2, "known": 0, "refused": 1}
    (line,) = (tmp_path / "cursor.json.refused.jsonl").read_text().splitlines()
    assert json.loads(line)["place"] == [1, 2]
    assert posted(tmp_path, platform) == {"created": 0, "known": 0, "refused": 0}


def test_a_platform_that_fails_for_a_while_is_asked_again(
    tmp_path: Path, platform: Platform, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.001)
    troubles = {1: 503, 2: 429, 3: 500}
    platform.before = troubles.get
    database(tmp_path, witness, [witness.sees() for _ in range(3)])
    assert posted(tmp_path, platform)["created"] == 3
    assert platform.statuses == [201, 503, 429, 500, 201, 201]


def test_an_answer_that_was_lost_makes_no_second_message(
    tmp_path: Path, platform: Platform, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.001)

    def hang_up(number: int) -> None:
        if number == 1:
            raise ConnectionAbortedError

    platform.after = hang_up
    database(tmp_path, witness, [witness.sees() for _ in range(3)])
    assert posted(tmp_path, platform) == {"created": 2, "known": 1, "refused": 0}
    assert len(platform.taken) == 3


@pytest.mark.parametrize("status", [401, 403, 404, 301])
def test_an_answer_that_is_none_to_a_message_ends_it_and_nothing_is_skipped(
    tmp_path: Path, platform: Platform, witness: Witness, status: int
) -> None:
    platform.before = lambda number: status if number == 1 else None
    database(tmp_path, witness, [witness.sees() for _ in range(3)])
    result = run(tmp_path, platform)
    assert isinstance(result.exception, BoxError)
    assert f"answers {status}" in result.exception.cause
    platform.before = lambda number: None
    assert posted(tmp_path, platform)["created"] == 2
    assert len(platform.taken) == 3


def test_a_platform_that_is_away_is_named_and_the_next_run_goes_on(
    tmp_path: Path, platform: Platform, witness: Witness
) -> None:
    database(tmp_path, witness, [witness.sees()])
    platform.before = lambda number: 503
    result = run(tmp_path, platform, "--patience", 0)
    assert isinstance(result.exception, BoxError)
    assert "does not take anything now" in result.exception.cause
    platform.before = lambda number: None
    assert posted(tmp_path, platform)["created"] == 1


def test_killed_between_the_post_and_its_note_it_sends_no_passage_twice(
    tmp_path: Path, platform: Platform, witness: Witness
) -> None:
    database(tmp_path, witness, [witness.sees() for _ in range(8)])
    (tmp_path / "sites.toml").write_text(SITES)
    started: list[subprocess.Popen[bytes]] = []

    def kill(number: int) -> None:
        if number in (2, 5):
            os.kill(started[-1].pid, signal.SIGKILL)

    platform.after = kill
    words = ("post", tmp_path / "received.sqlite", "--to", platform.address)
    files = ("--sites", tmp_path / "sites.toml", "--cursor", tmp_path / "cursor.json")
    command = [sys.executable, "-m", "tools.export", *map(str, (*words, *files))]
    for ends in (-signal.SIGKILL, -signal.SIGKILL, 0):
        started.append(subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL))
        assert started[-1].wait(60) == ends
    assert len(platform.taken) == 8
    assert platform.statuses.count(201) == 8
    assert platform.statuses.count(409) >= 1


def test_the_authorization_comes_from_a_file(
    tmp_path: Path, platform: Platform, witness: Witness
) -> None:
    database(tmp_path, witness, [witness.sees()])
    (tmp_path / "secret").write_text("Token abc\n")
    posted(tmp_path, platform, "--authorization", tmp_path / "secret")
    assert platform.headers == ["Token abc"]


def test_a_camera_that_is_not_in_the_table_is_named_and_nothing_is_skipped(
    tmp_path: Path, platform: Platform, witness: Witness
) -> None:
    database(tmp_path, witness, [witness.sees(), witness.sees(site=Site(camera="camera-9"))])
    result = run(tmp_path, platform)
    assert isinstance(result.exception, BoxError)
    assert "The camera camera-9 of box box-1 is not in --sites." in result.exception.cause
    assert json.loads((tmp_path / "cursor.json").read_text()) == {"box-1": [1, 1]}


def test_a_pseudonym_of_the_record_stands_for_its_plate(
    tmp_path: Path, platform: Platform, witness: Witness
) -> None:
    plate = PlateRecord(profile="pseudonym", country="NL", confidence=0.9, pseudonym="c" * 32)
    database(tmp_path, witness, [witness.sees(plate=plate)])
    posted(tmp_path, platform)
    (message,) = platform.taken.values()
    assert message["voertuig"]["kenteken"]["kentekenHash"] == "c" * 32


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ("cursor.json", "cannot be understood"),
        ("sites.toml", "cannot be used"),
    ],
)
def test_a_spoilt_file_is_named(
    tmp_path: Path, platform: Platform, witness: Witness, spoilt: str, said: str
) -> None:
    database(tmp_path, witness, [witness.sees()])
    (tmp_path / "sites.toml").write_text(SITES)
    (tmp_path / spoilt).write_text("{")
    files = ("--sites", tmp_path / "sites.toml", "--cursor", tmp_path / "cursor.json")
    words = ("post", tmp_path / "received.sqlite", "--to", platform.address, *files)
    result = CliRunner().invoke(export, [str(word) for word in words])
    assert isinstance(result.exception, BoxError)
    assert said in result.exception.cause
    assert platform.statuses == []


@pytest.mark.parametrize("place", ["[9, 1]", "[1, -1]", f"[1, {2**63}]"])
def test_a_cursor_that_cannot_be_of_this_database_leaves_nothing_out(
    tmp_path: Path, platform: Platform, witness: Witness, place: str
) -> None:
    database(tmp_path, witness, [witness.sees()])
    (tmp_path / "cursor.json").write_text(f'{{"box-1": {place}}}')
    with pytest.raises(BoxError, match="cursor"):
        raised(run(tmp_path, platform))
    assert not platform.taken


def test_nothing_leaves_when_the_cursor_cannot_be_written(
    tmp_path: Path, platform: Platform, witness: Witness
) -> None:
    database(tmp_path, witness, [witness.sees()])
    with pytest.raises(BoxError, match=r"cursor .* cannot be written"):
        raised(run(tmp_path, platform, "--cursor", tmp_path / "absent" / "cursor"))
    assert not platform.taken


@pytest.mark.parametrize(
    "header", [b"Token sesame\nX: y", "Token sesam\u20ac".encode(), b"\xff", b""]
)
def test_a_header_that_cannot_be_sent_is_refused_and_never_shown(
    tmp_path: Path, platform: Platform, witness: Witness, header: bytes
) -> None:
    database(tmp_path, witness, [witness.sees()])
    (tmp_path / "header").write_bytes(header)
    with pytest.raises(BoxError, match="plain text") as found:
        raised(run(tmp_path, platform, "--authorization", tmp_path / "header"))
    assert "sesam" not in f"{found.value}{found.value.__cause__}"


def test_an_address_without_its_scheme_is_misuse(
    tmp_path: Path, platform: Platform, witness: Witness
) -> None:
    database(tmp_path, witness, [witness.sees()])
    assert run(tmp_path, platform, "--to", "127.0.0.1:80").exit_code == 2


def test_a_damaged_record_is_named_by_its_place_and_shows_no_plate(
    tmp_path: Path, platform: Platform, witness: Witness
) -> None:
    database(tmp_path, witness, [witness.sees()])
    part = base64.urlsafe_b64encode(b'{"type": {"%s": 1}}' % PLATE.encode()).rstrip(b"=")
    with closing(sqlite3.connect(tmp_path / "received.sqlite")) as db, db:
        db.execute("UPDATE records SET jws = ?", (b"e30.%s.e30" % part,))
    with pytest.raises(BoxError, match="Record 1/1 of box box-1") as found:
        raised(run(tmp_path, platform))
    assert PLATE not in str(found.value)


def raised(result: Result) -> None:
    """Raise what ended a command."""
    if result.exception is not None:
        raise result.exception
