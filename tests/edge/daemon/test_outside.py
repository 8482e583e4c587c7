"""The light outside comes from the device on its serial line, and tells what a black picture is."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.clock import SystemClock
from edge.daemon.captures import Captures
from edge.daemon.eyesight import Lookout
from edge.daemon.housing import Housing
from edge.daemon.remembered import Memory
from edge.daemon.wiring_camera import DAY_LX, outside_lx
from edge.housing.caller import Caller
from edge.housing.words import Conditions
from edge.types import Frame
from edge.vault import Vault
from firmware_bridge.simulator.bench import Bench
from firmware_bridge.simulator.device import Device
from tests.edge.daemon.test_caretaker import Post, wait
from tests.fakes import FixedClock

NOON = datetime(2028, 12, 1, 11, 30, tzinfo=UTC)
SECOND_NS = 1_000_000_000


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[tuple[Bench, Housing]]:
    """A simulated device on a pty, the service that serves it, and what the daemon knows."""
    housing = Housing(SystemClock(), Captures())
    with (
        tempfile.TemporaryDirectory(prefix="lux-") as folder,
        Bench(Path(folder) / "device") as bench,
    ):
        post = Post(Path(folder), bench)
        try:
            with Caller(post.socket, housing.take, housing.lost, again_s=0.01):
                yield bench, housing
        finally:
            post.end()


def lookout(folder: Path, lux: Callable[[], float | None]) -> Lookout:
    return Lookout(Memory(folder, Vault(b"k" * 32, "scene", "gent-0012")), lux)


def shown_black(to: Lookout, seconds: int, ready: Callable[[], object] = lambda: True) -> None:
    image = np.zeros((90, 160, 3), np.uint8)
    for second in range(seconds):
        wait(ready)
        at_ns = (second + 1) * SECOND_NS
        to.see(Frame(image, second, NOON + timedelta(seconds=second), at_ns))


@pytest.mark.parametrize(("lit_lx", "told"), [(20_000, "covered"), (0.1, None)])
def test_black_at_noon_is_a_covered_lens_and_black_at_night_is_the_night(
    tmp_path: Path, bench: tuple[Bench, Housing], lit_lx: float, told: str | None
) -> None:
    device, housing = bench
    device.device.status = replace(device.device.status, illuminance_mlx=int(lit_lx * 1000))
    device.say(Device.report_status)
    measured = outside_lx(housing, FixedClock(NOON, trusted=False))
    looks = lookout(tmp_path, measured)
    shown_black(looks, 25, lambda: measured() == lit_lx)
    fault = looks.fault()
    assert (fault is None) == (told is None)
    assert told is None or f"The camera is {told}" in str(fault)


def test_without_a_device_a_black_picture_by_day_is_told_as_soon(tmp_path: Path) -> None:
    """The cap was put on while the box was off: nothing was ever seen."""
    looks = lookout(tmp_path, outside_lx(None, FixedClock(NOON, trusted=True)))
    shown_black(looks, 25)
    assert "The camera is covered" in str(looks.fault())


@pytest.mark.parametrize(
    ("at", "trusted", "light_lx"),
    [
        (NOON, True, DAY_LX),
        (NOON, False, None),
        (NOON + timedelta(hours=9), True, None),
    ],
)
def test_the_date_speaks_for_day_alone_and_only_where_it_is_trusted(
    at: datetime, trusted: bool, light_lx: float | None
) -> None:
    assert outside_lx(None, FixedClock(at, trusted=trusted))() == light_lx


def test_what_is_measured_comes_before_the_date() -> None:
    clock = SystemClock()
    housing = Housing(clock, Captures())
    light_lx = outside_lx(housing, FixedClock(NOON, trusted=True))
    assert light_lx() == DAY_LX
    housing.take(Conditions(at_ns=clock.read().monotonic_ns, illuminance_lx=0.1))
    assert light_lx() == 0.1
