import stat
from pathlib import Path

from click.testing import CliRunner, Result

from edge.record.keys import load_public, load_signer, load_trusted
from edge.registry.token import load_key
from tools.make_keys import make_keys


def run(folder: Path, box: str) -> Result:
    return CliRunner().invoke(make_keys, ["--box", box, "--out", str(folder)])


def test_a_box_and_its_platform_get_their_keys(tmp_path: Path) -> None:
    assert run(tmp_path / "keys", "box-1").exit_code == 0
    keys = tmp_path / "keys"
    for private in ("box.pem", "platform.pem", "token.key"):
        assert stat.S_IMODE((keys / private).stat().st_mode) == 0o600
    kid = load_signer(keys / "box.pem").key_id
    assert load_trusted(keys / "boxes.jwks")[kid].box == "box-1"
    assert load_public(keys / "platform.jwk").kid == load_signer(keys / "platform.pem").key_id
    assert len(load_key(keys / "token.key")) == 32


def test_a_second_box_is_added_and_shares_platform_and_token_key(tmp_path: Path) -> None:
    run(tmp_path, "box-1")
    shared = [tmp_path / name for name in ("platform.pem", "token.key")]
    before = [path.read_bytes() for path in shared]
    assert run(tmp_path, "box-2").exit_code == 0
    assert {k.box for k in load_trusted(tmp_path / "boxes.jwks").values()} == {"box-1", "box-2"}
    assert [path.read_bytes() for path in shared] == before
    assert load_signer(tmp_path / "box-2.pem").key_id in load_trusted(tmp_path / "boxes.jwks")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    run(tmp_path, "box-1")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    result = run(tmp_path, "box-1")
    assert "never overwritten" in str(result.exception)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_box_id_that_cannot_be_a_topic_is_misuse(tmp_path: Path) -> None:
    assert run(tmp_path, "box/1").exit_code == 2
