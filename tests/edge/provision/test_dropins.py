"""The units of a box get what its configuration needs, and `check` tells what they lack."""

from pathlib import Path

import pytest

from edge.cli import check
from edge.config import Config, parse
from edge.errors import ConfigError
from edge.provision import dropins, services, steps
from tests.bench import Bench
from tests.systemd.units import EXAMPLES, values

TOML = """\
[box]
id = "gent-0012"
[camera]
source = "{camera}"
lane = "inbound"
[access]
token_key = "token.key"
[keys]
signing = "box.pem"
storage = "storage.key"
platform = "platform.jwk"
[[zones]]
id = "gent"
pack = "fl-zes"
start = 2027-01-01
[uplink]
publisher = "spool"
spool = "/media/other"
"""
METRICS = '[metrics]\nlisten = "127.0.0.1:9200"\n'
PANEL = """\
[panel]
listen = "10.42.0.1:{port}"
cert = "panel.crt"
key = "panel.key"
password = "panel.password"
"""
EXTERNAL = """\
[external]
product = "axis"
listen = "10.0.0.2:8090"
allow = ["10.0.0.21", "10.0.0.22"]
"""
WIRED = "/dev/video0"


def box(folder: Path, camera: str = WIRED, more: str = "") -> Config:
    return parse(folder / "box.toml", TOML.format(camera=camera) + more)


@pytest.fixture(autouse=True)
def units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the units of this box lie in a folder of the test."""
    monkeypatch.setattr(dropins, "UNITS", tmp_path / "units")
    return tmp_path / "units"


def written(config: Config) -> dict[str, Path]:
    """Write what is missing; return it by the name of its example."""
    made = dropins.missing(config)
    for one in made:
        dropins.put(one)
    return {one.example: one.path for one in made}


def test_a_box_with_a_camera_of_its_own_needs_no_more_than_its_stick(tmp_path: Path) -> None:
    made = written(box(tmp_path, more=PANEL.format(port=8443)))
    assert list(made) == ["spool"]
    assert values(made["spool"], "ReadWritePaths") == ["/media/other"]


def test_each_drop_in_names_what_is_this_boxs_own(tmp_path: Path, units: Path) -> None:
    more = METRICS + PANEL.format(port=8555)
    made = written(box(tmp_path, "rtsp://user:word@10.1.2.3:554/stream", more))
    assert made["network-camera"] == units / "anpr-run.service.d" / "network-camera.conf"
    assert values(made["network-camera"], "IPAddressAllow") == ["10.1.2.3"]
    assert values(made["metrics"], "SocketBindAllow") == ["tcp:9200"]
    assert values(made["panel"], "SocketBindAllow") == ["ipv4:tcp:8555"]
    assert made["panel"].parent.name == "anpr-panel.service.d"
    assert not any("word" in path.read_text() for path in made.values())


def test_a_camera_that_is_not_ours_may_push(tmp_path: Path) -> None:
    made = written(box(tmp_path, more=EXTERNAL))
    assert "network-camera" not in made
    assert values(made["external-camera"], "IPAddressAllow") == ["10.0.0.21 10.0.0.22"]
    assert values(made["external-camera"], "SocketBindAllow") == ["tcp:8090"]


def test_every_line_that_differs_stands_in_its_example(tmp_path: Path) -> None:
    """Otherwise an example could change, and the box would get its made-up address."""
    more = METRICS + PANEL.format(port=8555)
    boxes = (box(tmp_path, "rtsp://10.1.2.3/stream", more), box(tmp_path, more=EXTERNAL))
    lines = {one.example: one.lines for config in boxes for one in dropins.needed(config)}
    assert set(lines) == {path.stem for path in EXAMPLES.glob("*.conf")} - {"next-key"}
    for example, pairs in lines.items():
        found = (EXAMPLES / f"{example}.conf").read_text().splitlines()
        assert {theirs for theirs, _ in pairs} <= set(found)


def test_a_drop_in_that_somebody_wrote_himself_is_enough(tmp_path: Path, units: Path) -> None:
    own = units / "anpr-uplink.service.d" / "mine.conf"
    own.parent.mkdir(parents=True)
    own.write_text("[Service]\nReadWritePaths=/media/other\n")
    assert dropins.missing(box(tmp_path)) == ()


def test_a_box_that_got_another_camera_gets_another_drop_in(tmp_path: Path) -> None:
    before = written(box(tmp_path, "rtsp://10.1.2.3/stream"))["network-camera"]
    after = written(box(tmp_path, "rtsp://10.1.2.4/stream"))
    assert list(after) == ["network-camera"]
    assert values(before, "IPAddressAllow") == ["10.1.2.4"]
    assert values(before.with_name("network-camera.conf.old"), "IPAddressAllow") == ["10.1.2.3"]


def test_a_camera_by_name_is_refused_for_its_service_resolves_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="by a name") as told:
        dropins.missing(box(tmp_path, "rtsp://camera.example.org/stream"))
    assert "address" in told.value.remedy


def test_check_names_each_drop_in_that_is_missing_until_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "box.toml"
    path.write_text(TOML.format(camera="rtsp://10.1.2.3/stream"))
    assert "services" not in {item.name for item in check.examined(path)}  # no unit reads it
    monkeypatch.setattr(check, "DEFAULT_PATH", path)
    lacks = next(item for item in check.examined(path) if item.name == "services")
    assert "network-camera.conf for anpr-run, spool.conf for anpr-uplink" in lacks.says
    assert "provision" in str(lacks.remedy)
    written(box(tmp_path, "rtsp://10.1.2.3/stream"))
    assert next(i for i in check.examined(path) if i.name == "services").remedy is None


def test_the_package_has_the_examples_beside_its_code() -> None:
    """There `provision` looks for them; a folder of documents may have been left out."""
    installed = (EXAMPLES.parents[1] / "deploy/debian/anpr-edge.install").read_text()
    assert "systemd/examples usr/lib/anpr-edge/systemd\n" in installed
    assert dropins.EXAMPLES == EXAMPLES


def test_provision_writes_them_for_the_configuration_that_the_units_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, units: Path
) -> None:
    bench = Bench(tmp_path)
    bench.make()
    assert not units.exists()  # elsewhere no unit would read it
    monkeypatch.setattr(steps, "DEFAULT_PATH", bench.config)
    monkeypatch.setattr(dropins, "PANEL_PORT", 1)
    rehearsed = bench.make("--dry-run")
    assert "would  services: write the drop-ins" in rehearsed.output
    assert not units.exists()
    monkeypatch.setattr(services, "SYSTEMD", tmp_path / "none")
    done = bench.make()
    assert (
        f"{units}/anpr-panel.service.d/panel.conf written; systemctl daemon-reload" in done.output
    )
    assert "there  services: their units allow what they need" in bench.make().output
