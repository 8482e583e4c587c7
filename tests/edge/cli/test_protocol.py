"""`protocol`: the files it writes, what they must never hold, and what it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import protocol as module
from tests.conftest import REPOSITORY
from tests.edge.cli.test_main import anpr_edge
from tests.street import StreetBox, street_box

FILES = {f"data-protocol.{lang}.{form}" for lang in ("nl", "en") for form in ("md", "html")}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> StreetBox:
    return street_box(tmp_path_factory.mktemp("protocol") / "box")


def run(box: StreetBox, out: Path, *more: str) -> Result:
    args = ["--config", str(box.config), "--out", str(out), "--date", "2026-11-25", *more]
    return CliRunner().invoke(module.protocol, args, catch_exceptions=False)


def texts(folder: Path) -> str:
    return "".join(path.read_text() for path in sorted(folder.iterdir()))


def test_both_languages_in_both_forms_are_written_and_the_same_each_time(
    box: StreetBox, tmp_path: Path
) -> None:
    first, second = tmp_path / "a" / "b", tmp_path / "c"
    result = run(box, first)
    assert result.exit_code == 0, result.output
    assert {path.name for path in first.iterdir()} == FILES
    assert "points are left" in result.output
    run(box, second)
    assert texts(first) == texts(second)
    assert "2026-11-25" in texts(first)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_one_language_alone_can_be_asked_for(box: StreetBox, tmp_path: Path, lang: str) -> None:
    run(box, tmp_path, "--lang", lang)
    assert {path.name for path in tmp_path.iterdir()} == {n for n in FILES if f".{lang}." in n}


def test_the_facts_are_told_as_json(box: StreetBox, tmp_path: Path) -> None:
    told = json.loads(run(box, tmp_path, "--json").stdout)
    assert {Path(name).name for name in told["files"]} == FILES
    assert {"nl": "Verwerkingsverantwoordelijke", "en": "Controller", "key": "authority.name"} in (
        told["open"]
    )


def test_the_key_id_of_the_platform_and_the_snapshot_are_told_where_they_can_be_read(
    box: StreetBox, tmp_path: Path
) -> None:
    run(box, tmp_path, "--lang", "en")
    kid = json.loads((box.folder / "keys" / "platform.jwk").read_text())["kid"]
    assert kid in texts(tmp_path)
    assert "snapshot demo-1" in texts(tmp_path)


def test_on_a_desk_without_keys_and_registry_it_says_so(box: StreetBox, tmp_path: Path) -> None:
    alone = tmp_path / "box.toml"
    alone.write_bytes(box.config.read_bytes())
    out = tmp_path / "out"
    result = CliRunner().invoke(module.protocol, ["--config", str(alone), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "not readable here" in texts(out)
    assert "could not be opened here" in texts(out)


def test_no_key_stands_in_any_file(box: StreetBox, tmp_path: Path) -> None:
    said = run(box, tmp_path).output + run(box, tmp_path, "--json").output + texts(tmp_path)
    keys = box.folder / "keys"
    pem = (keys / "box.pem").read_text().splitlines()[1]
    token = (keys / "token.key").read_text().strip()
    assert pem[16:40] not in said
    assert token[:16] not in said
    assert "PRIVATE" not in said


def test_a_folder_that_cannot_be_written_is_one_sentence(box: StreetBox, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file")
    args = ("protocol", "--config", str(box.config), "--out", str(taken))
    result = anpr_edge(*args, cwd=REPOSITORY)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "cannot be written" in result.stderr


def test_a_wrong_configuration_is_one_sentence(tmp_path: Path) -> None:
    config = tmp_path / "box.toml"
    config.write_text("[authority]\nnaam = 'x'\n")
    args = ("protocol", "--config", str(config), "--out", str(tmp_path / "out"))
    result = anpr_edge(*args, cwd=REPOSITORY)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "did you mean name?" in result.stderr
    assert not (tmp_path / "out").exists()
