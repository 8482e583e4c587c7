"""Who may do what at a cluster, written from the register of keys."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.errors import FeedError
from edge.feed.mqtt import MqttPublisher
from tests.mosquitto import SWEPT
from tests.mosquitto import swept as swept
from tests.nats import NatsCluster
from tests.nats import nats as nats
from tools.cluster_users import cluster_users, main, users
from tools.make_keys import make_keys

pytestmark = SWEPT


def register(folder: Path, *boxes: str) -> Path:
    for box in boxes:
        made = CliRunner().invoke(make_keys, ["--box", box, "--out", str(folder / "keys")])
        assert made.exit_code == 0
    return folder / "keys/boxes.jwks"


def run(keys: Path, out: Path) -> Result:
    return CliRunner().invoke(cluster_users, ["--keys", str(keys), "--out", str(out)])


def test_every_box_of_the_register_is_a_user_that_writes_below_its_name(tmp_path: Path) -> None:
    out = tmp_path / "users.conf"
    result = run(register(tmp_path, "box-1", "box-2"), out)
    assert result.exit_code == 0, result.output
    assert "2 boxes" in result.output
    lines = out.read_text().splitlines()
    assert lines == users(["box-1", "box-2"]).splitlines()
    (box,) = (line for line in lines if "CN=box-1" in line)
    assert '"allow": ["anpr.v1.box-1.*"]' in box
    assert "box-2" not in box


def test_a_name_that_a_subject_cannot_hold_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    out = tmp_path / "users.conf"
    out.write_text("before")
    with pytest.raises(FeedError, match=r"The box box\.1 has a dot"):
        users(["box.1"])
    assert run(register(tmp_path, "box.1"), out).exit_code != 0
    assert out.read_text() == "before"


def test_a_folder_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "nowhere/users.conf"
    words = ["cluster_users", "--keys", str(register(tmp_path, "box-1")), "--out", str(out)]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit, match="1"):
        main()
    assert "cannot be written" in capsys.readouterr().err


def test_a_running_cluster_takes_a_new_box_in_and_sends_a_revoked_one_away(
    nats: NatsCluster, tmp_path: Path
) -> None:
    old, new = (nats.addresses(name)[0] for name in ("box-2", "box-3"))
    MqttPublisher.connect("box-2", old).close()
    with pytest.raises(FeedError):
        MqttPublisher.connect("box-3", new)
    nats.admit("box-1", "box-3")
    nats.restart_in_turn()
    MqttPublisher.connect("box-3", new).close()
    with pytest.raises(FeedError):
        MqttPublisher.connect("box-2", old)
