"""`make desk`: a box at a desk, to put into use with the handbook and nothing else.

Its camera is a clip, again and again; its microcontroller a simulated one, whose light falls on
the clip. All else is what a box runs: firmware service, daemon, panel.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
import cv2
import numpy as np

from edge.daemon.shown import FOLDER, SOCKET
from edge.record.client import create_client_key
from edge.record.pagecert import page_certificate, pem, print_of
from edge.record.password import hashed, line_of, new_password
from edge.types import Image
from firmware_bridge.messages import Capability
from firmware_bridge.simulator.bench import Bench
from firmware_bridge.simulator.device import Make
from tools.demo.__main__ import BOX, HERE, prepare
from tools.demo.camera import clip_camera

HOST = "127.0.0.1"
SPOOL = 'publisher = "spool"\nspool = "stick"'
MORE = """
[panel]
listen = "{host}:{port}"
cert = "keys/panel.crt"
key = "keys/panel.key"
password = "keys/panel.password"

[firmware]
port = "{device}"
socket = "{socket}"
watchdog_s = 0
"""
NIGHT, DARK_MLX = 0.4, 1000
"""Its share of light where no illuminator shines, and what the light sensor says of that."""
UNTRIGGERED = Make(capabilities=Capability(sum(Capability) & ~Capability.TRIGGER))
WAIT_S = 60.0


@click.command()
@click.option("--clip", type=click.Path(path_type=Path), default=HERE / "street.mp4")
@click.option("--out", type=click.Path(path_type=Path), default=Path("out/desk"))
@click.option("--port", type=click.IntRange(1, 65_535), default=8443, show_default=True)
def main(clip: Path, out: Path, port: int) -> None:
    """Put a box on the desk, until Ctrl-C."""
    if out.exists() and any(out.iterdir()) and not (out / "box.toml").exists():
        raise click.ClickException(f"{out} holds other things. Name another folder with --out.")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with ExitStack() as stack:
        short = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="desk-")))
        bench = stack.enter_context(Bench(short / "device", UNTRIGGERED))
        bench.device.status = replace(bench.device.status, illuminance_mlx=DARK_MLX)
        camera = stack.enter_context(clip_camera(clip, again=True, seen=partial(under, bench)))
        wires = MORE.format(host=HOST, port=port, device=bench.path, socket=short / "firmware")
        label = furnish(out, camera, wires)
        running = [stack.enter_context(part(out, verb)) for verb in ("firmware", "run")]
        await_daemon(out, running)
        running.append(stack.enter_context(part(out, "panel")))
        click.echo(f"The box {BOX} is at work. Address: https://{HOST}:{port}")
        click.echo(f"{label}\nNow the handbook, deploy/HANDBOOK.md. Ctrl-C ends the box.")
        stay(running)


def under(bench: Bench, image: Image) -> Image:
    """Return a frame as it is under the light of the device."""
    share = NIGHT + (1 - NIGHT) * (bench.device.status.illuminator_permille or 0) / 1000
    return np.asarray(cv2.convertScaleAbs(image, alpha=share), np.uint8)


def furnish(out: Path, camera: str, more: str) -> str:
    """Make the box with its panel; return what stands on its label."""
    prepare(out, SPOOL, quiet=True, as_of=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    config = out / "box.toml"
    text = config.read_text().replace("[camera]\n", f'[camera]\nsource = "{camera}"\n')
    config.write_text(text + more)
    key = create_client_key(out / "keys/panel.key")
    made = page_certificate(key, BOX, HOST, datetime.now(UTC))
    (out / "keys/panel.crt").write_bytes(pem(made))
    password = new_password()
    (out / "keys/panel.password").write_bytes(line_of(hashed(password)))
    return f"Password: {password}\nShows as (SHA-256): {print_of(made)}"


@contextmanager
def part(out: Path, verb: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run one part of the box; end it afterwards."""
    command = [sys.executable, "-m", "edge.cli.main", verb, "--config", str(out / "box.toml")]
    with (out / f"{verb}.log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            yield process
        finally:
            process.terminate()


def await_daemon(out: Path, running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Wait until the daemon shows itself."""
    hatch, until_s = out / "state" / FOLDER / SOCKET, time.monotonic() + WAIT_S
    while not hatch.exists():
        if time.monotonic() > until_s or any(one.poll() is not None for one in running):
            raise click.ClickException(f"The box did not start: {out / 'run.log'} says why.")
        time.sleep(0.2)


def stay(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Stay until Ctrl-C, or until a part ended by itself."""
    with suppress(KeyboardInterrupt):
        while all(one.poll() is None for one in running):
            time.sleep(0.5)
        raise click.ClickException("A part of the box ended: the logs beside box.toml say why.")


if __name__ == "__main__":
    main()
