"""How the microcontroller is put together with the box, and the box without one."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli.firmware import firmware
from edge.clock import SystemClock
from edge.config import load
from edge.daemon import wiring_firmware
from edge.daemon.captures import Captures
from edge.daemon.exposures import ExposedReader
from edge.daemon.housing import Housing
from edge.errors import ConfigError
from edge.housing.words import Plates, Word
from tests.fakes import detection, frame
from tests.site import Site

MINIMAL = """
[box]
id = "b1"
[access]
token_key = "token.key"
[keys]
signing = "box.pem"
platform = "platform.jwk"
storage = "storage.key"
[[zones]]
id = "gent"
pack = "fl-zes"
"""
DEVICE = '[firmware]\nport = "/dev/ttyACM0"\n'
PANEL = """
[panel]
listen = "10.42.0.1:8443"
cert = "panel.crt"
key = "panel.key"
password = "panel.password"
"""


def written(folder: Path, more: str = "") -> Path:
    path = folder / "box.toml"
    path.write_text(MINIMAL + more)
    return path


def test_a_box_without_a_device_has_no_service_and_no_housing(tmp_path: Path) -> None:
    config = load(written(tmp_path))
    assert wiring_firmware.housing(config, SystemClock(), Captures()) is None
    with pytest.raises(ConfigError, match=r"no \[firmware\]"):
        wiring_firmware.caretaker(config)
    with wiring_firmware.heard(config, None, pytest.fail):
        pass


@pytest.mark.parametrize(("more", "status"), [("", 1), (DEVICE, 0)])
def test_the_unit_asks_whether_there_is_a_device(tmp_path: Path, more: str, status: int) -> None:
    asked = ["--wanted", "--config", str(written(tmp_path, more))]
    assert CliRunner().invoke(firmware, asked).exit_code == status


def test_the_service_starts_though_it_may_not_read_what_was_drawn(tmp_path: Path) -> None:
    """Its unit hides the state of the box from it; that was the end of it once."""
    config = written(tmp_path, DEVICE + PANEL)
    config.write_text(config.read_text().replace("[access]", 'state = "state"\n[access]'))
    hidden = tmp_path / "state" / "settings" / "site.toml"
    hidden.mkdir(parents=True)  # cannot be read, not even by root
    with pytest.raises(ConfigError):
        load(config)
    asked = ["--wanted", "--config", str(config)]
    assert CliRunner().invoke(firmware, asked).exit_code == 0


def test_the_plates_that_are_read_are_judged_by_their_light(tmp_path: Path) -> None:
    site, housing = Site(tmp_path), Housing(SystemClock(), Captures())
    said: list[Word] = []
    try:
        assert wiring_firmware.lit(site.pipeline, None) is site.pipeline
        line = wiring_firmware.lit(site.pipeline, housing)
        assert isinstance(line.reader, ExposedReader)
        housing.say = lambda word: said.append(word) is None  # only now there is a connection
        line.reader.read(frame().image, [detection()])
    finally:
        site.stop()
    assert said == [Plates(under=1)]
