"""What a real folder tree like the kernel's tells; what is absent or garbled is not known."""

import os
from pathlib import Path

import pytest

from edge.daemon import vitals
from edge.daemon.vitals import Life


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def card(root: Path, folder: Path, life: str | None, spare: str = "0x01", sectors: int = 0) -> None:
    """Make a card of the kernel's tree, with the folder on its second partition."""
    disk = root / "sys/devices/platform/mmc/block/mmcblk0"
    write(disk / "mmcblk0p2/stat", f"  10 0 80 4 20 0 {sectors} 9 0 5 13 0 0 0 0 0 0\n")
    (disk / "device").mkdir()
    if life is not None:
        write(disk / "device/life_time", f"{life}\n")
        write(disk / "device/pre_eol_info", f"{spare}\n")
    number = folder.stat().st_dev
    link = root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}"
    link.parent.mkdir(parents=True)
    link.symlink_to(disk / "mmcblk0p2")


def test_an_empty_tree_tells_nothing(tmp_path: Path) -> None:
    assert vitals.temperature_c(tmp_path) is None
    assert not vitals.is_throttled(tmp_path)
    assert vitals.pressure(tmp_path) is None
    assert vitals.disk_of(tmp_path, tmp_path) is None
    assert vitals.disk_of(tmp_path, tmp_path / "absent") is None
    assert vitals.written_bytes(None) is None
    assert vitals.life(None) == Life(None, None)


def test_the_hottest_plausible_zone_counts(tmp_path: Path) -> None:
    told = ("48312", "71250", "-273150", "4294967", "", "n/a")
    for number, text in enumerate(told):
        write(tmp_path / f"sys/class/thermal/thermal_zone{number}/temp", text)
    assert vitals.temperature_c(tmp_path) == 71.25


def test_a_zone_that_says_one_figure_for_ever_is_no_heat(tmp_path: Path) -> None:
    for number, (kind, text) in enumerate((("CPU-therm", "48312"), ("PMIC-Die", "100000"))):
        write(tmp_path / f"sys/class/thermal/thermal_zone{number}/type", kind)
        write(tmp_path / f"sys/class/thermal/thermal_zone{number}/temp", text)
    assert vitals.temperature_c(tmp_path) == 48.312


@pytest.mark.parametrize(
    ("told", "slowed"),
    [("0", False), ("2", True), ("4", True), ("8", True), ("1", False), ("50000", False)],
)
def test_a_raspberry_pi_says_what_slows_it_now(tmp_path: Path, told: str, slowed: bool) -> None:
    write(tmp_path / "sys/devices/platform/soc/soc:firmware/get_throttled", told)
    assert vitals.is_throttled(tmp_path) is slowed


@pytest.mark.parametrize(
    ("kind", "state", "slowed"),
    [("cpufreq-cpu0", "2", True), ("cpufreq-cpu0", "0", False), ("Processor", "1", True),
     ("pwm-fan", "4", False)],
)  # fmt: skip
def test_cooling_by_slowing_down_counts_and_a_fan_does_not(
    tmp_path: Path, kind: str, state: str, slowed: bool
) -> None:
    write(tmp_path / "sys/class/thermal/cooling_device0/type", kind)
    write(tmp_path / "sys/class/thermal/cooling_device0/cur_state", state)
    assert vitals.is_throttled(tmp_path) is slowed


def test_waiting_work_is_a_share_of_ten_seconds(tmp_path: Path) -> None:
    lines = "some avg10=62.50 avg60=1.00 avg300=0.10 total=5\nfull avg10=0.00 avg60=0.00 total=0\n"
    write(tmp_path / "proc/pressure/cpu", lines)
    assert vitals.pressure(tmp_path) == 0.625
    write(tmp_path / "proc/pressure/cpu", "some avg10=")
    assert vitals.pressure(tmp_path) is None


def test_this_machine_is_read_without_a_fault() -> None:
    found = vitals.pressure(Path("/"))
    assert found is None or 0 <= found <= 1
    vitals.temperature_c(Path("/"))
    vitals.is_throttled(Path("/"))
    vitals.life(vitals.disk_of(Path("/"), Path("/tmp")))


@pytest.mark.parametrize(
    ("told", "spare", "life"),
    [
        ("0x01 0x03", "0x01", Life(30, "normal")),
        ("0x0b 0x01", "0x03", Life(110, "urgent")),
        ("0x00 0x00", "0x00", Life(None, None)),
        ("garbled", "0x02", Life(None, "warning")),
        (None, "", Life(None, None)),
    ],
)
def test_what_a_card_says_of_its_life(
    tmp_path: Path, told: str | None, spare: str, life: Life
) -> None:
    card(tmp_path, tmp_path, told, spare)
    assert vitals.life(vitals.disk_of(tmp_path, tmp_path)) == life


def test_what_was_written_is_counted_in_sectors_of_512_bytes(tmp_path: Path) -> None:
    card(tmp_path, tmp_path, None, sectors=2000)
    disk = vitals.disk_of(tmp_path, tmp_path)
    assert vitals.written_bytes(disk) == 1_024_000
    assert disk is not None
    write(disk / "stat", "1 2 3")
    assert vitals.written_bytes(disk) is None
