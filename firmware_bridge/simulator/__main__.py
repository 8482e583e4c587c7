"""`python -m firmware_bridge.simulator PATH`: a device on a pty, with faults to order."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from firmware_bridge.packet import VERSION
from firmware_bridge.simulator.bench import Bench, Crystal
from firmware_bridge.simulator.device import Device, Make
from firmware_bridge.simulator.faults import Faults

TURN_S = 0.05
UNPLUGGED_S = 1.0
SHARE = click.FloatRange(0, 1)


@dataclass(slots=True)
class Every:
    """Something that happens again and again."""

    seconds: float
    do: Callable[[], None]
    due_s: float = 0.0

    def turn(self, now_s: float) -> None:
        """Do it when it is due; not at once."""
        if self.due_s and now_s >= self.due_s:
            self.do()
        if not self.due_s or now_s >= self.due_s:
            self.due_s = now_s + self.seconds


@dataclass(frozen=True, slots=True)
class Orders:
    """What was ordered on the command line."""

    lost: float
    flipped: float
    doubled: float
    delay_ms: tuple[float, float]
    speaks: int
    drift_ppm: float
    start_us: int
    trigger_every: float
    reset_every: float
    unplug_every: float
    logs_per_second: float
    seconds: float | None

    def bench(self, path: Path) -> Bench:
        """Return the bench that was ordered."""
        least_ms, most_ms = self.delay_ms
        delay_s = (least_ms / 1000, most_ms / 1000)
        faults = Faults(self.lost, self.flipped, self.doubled, delay_s)
        return Bench(
            path, Make(version=self.speaks), faults, Crystal(self.drift_ppm, self.start_us)
        )


def _free(context: click.Context, option: click.Parameter, path: Path) -> Path:
    """Refuse a name that is taken; a link of an earlier run may be replaced."""
    if path.exists() and not path.is_symlink():
        raise click.BadParameter(f"{path} is there already; name one that is not.")
    return path


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("path", type=click.Path(path_type=Path), callback=_free)
@click.option("--lost", type=SHARE, default=0.0, help="Share of bytes that vanish.")
@click.option("--flipped", type=SHARE, default=0.0, help="Share of bytes with a wrong bit.")
@click.option("--doubled", type=SHARE, default=0.0, help="Share of packets that come twice.")
@click.option("--delay-ms", type=(float, float), default=(0.0, 0.0), help="Least and most.")
@click.option("--speaks", default=VERSION, show_default=True, help="Version of the protocol.")
@click.option("--drift-ppm", default=0.0, help="How much too fast its clock runs.")
@click.option("--start-us", default=0, help="Where its clock begins; 4294967295 wraps at once.")
@click.option("--trigger-every", type=float, default=2.0, show_default=True, help="Seconds.")
@click.option("--reset-every", type=float, default=0.0, help="Seconds; 0 is never.")
@click.option("--unplug-every", type=float, default=0.0, help="Seconds; 0 is never.")
@click.option("--logs-per-second", type=float, default=0.0, help="A flood, where it is large.")
@click.option("--seconds", type=float, help="End after so long; without it, at Ctrl-C.")
def simulate(path: Path, **orders: Any) -> None:  # noqa: ANN401 - click's, of every kind
    """Appear as a device at PATH until Ctrl-C: `python -m firmware_bridge PATH` shows it."""
    ordered = Orders(**orders)
    bench = ordered.bench(path)
    ends_s = time.monotonic() + (ordered.seconds or float("inf"))
    with suppress(KeyboardInterrupt), bench:
        click.echo(f"A device stands at {path}.")
        happenings = list(_happenings(bench, ordered))
        while time.monotonic() < ends_s:
            for happening in happenings:
                happening.turn(time.monotonic())
            time.sleep(TURN_S)


def _happenings(bench: Bench, orders: Orders) -> Iterator[Every]:
    def flood() -> None:
        for _ in range(max(1, int(orders.logs_per_second * TURN_S))):
            bench.say(lambda device: device.log("one of a flood of lines"))

    def replug() -> None:
        bench.unplug()
        time.sleep(UNPLUGGED_S)
        bench.plug()

    wanted = (
        (orders.trigger_every, lambda: bench.say(Device.trigger)),
        (orders.reset_every, bench.reset),
        (orders.unplug_every, replug),
        (TURN_S if orders.logs_per_second else 0.0, flood),
    )
    yield from (Every(seconds, do) for seconds, do in wanted if seconds)


if __name__ == "__main__":
    simulate(prog_name="python -m firmware_bridge.simulator")
