"""`make demo`: a clip through a box of its own, to a receiver that proves every passage.

Every part is the one that a box and a platform run: keys, registry, replay, uplink, a
Mosquitto broker where there is one (else the spool), and the reference receiver.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console

from edge.replay.truth import read_visits
from tools.demo.broker import Broker, find_mosquitto

HERE = Path(__file__).parent
BOX = "voorbeeldgem-01"
AT = "2028-06-01T10:00:00+02:00"
AS_OF = "2028-06-01T05:00:00Z"
DEADLINE_S = 60

CONFIG = """\
# The box of the demonstration: a Flemish zone in 2028, a made-up town, made-up vehicles.
[box]
id = "{box}"
state = "state"

[camera]
id = "camera-1"
lane = "towards the centre"
sign = "ZES, 2027 model"

[access]
registry = "registry.sqlite"
token_key = "keys/token.key"

[keys]
signing = "keys/box.pem"
platform = "keys/platform.jwk"
storage = "keys/storage.key"

[[zones]]
id = "voorbeeldgem"
pack = "fl-zes"
start = 2027-01-01
municipality = "Voorbeeldgem"

[uplink]
{uplink}
"""


class Step(Exception):  # noqa: N818 - ends the demonstration with a sentence
    """A step did not work."""


def run(*command: str, quiet: bool = False) -> None:
    """Run one command of the product and stop when it fails."""
    said = subprocess.DEVNULL if quiet else None
    if subprocess.run([sys.executable, "-m", *command], stdout=said, check=False).returncode:
        raise Step(f"This step failed: python -m {' '.join(command)}")


def prepare(out: Path, uplink: str, quiet: bool = False, as_of: str = AS_OF) -> None:
    """Make keys, registry and configuration of the box."""
    run("tools.make_keys", "--box", BOX, "--out", str(out / "keys"), quiet=quiet)
    run(
        *("tools.build_registry", "--vehicles", str(HERE / "vehicles.csv")),
        *("--exemptions", str(HERE / "exemptions.csv"), "--key", str(out / "keys/token.key")),
        *("--id", "demo-1", "--vehicles-as-of", as_of, "--exemptions-as-of", as_of),
        *("--out", str(out / "registry.sqlite")),
        quiet=quiet,
    )
    (out / "box.toml").write_text(CONFIG.format(box=BOX, uplink=uplink), encoding="utf-8")


def background(stack: ExitStack, *command: str) -> subprocess.Popen[bytes]:
    """Start a process that ends with the demonstration."""
    process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.DEVNULL)
    stack.callback(process.wait, 10)
    stack.callback(process.terminate)
    return process


def replay(out: Path, clip: Path) -> int:
    """Replay the clip on the box; return how many records it made."""
    beside = (clip.with_suffix(".csv"), clip.with_name("clips.csv"))
    truths = (truth for truth in beside if truth.exists() and read_visits(truth, clip))
    known = next((("--truth", str(truth)) for truth in truths), ())
    run(
        *("edge.cli.main", "replay", str(clip), "--out", str(out)),
        *("--config", str(out / "box.toml"), "--at", AT, *known),
    )
    passages = json.loads((out / "summary.json").read_text())["passages"]
    return sum(passage["record"] is not None for passage in passages)


def uplink(out: Path) -> None:
    """Bring every record to the platform; ends when its receipts cover all of them."""
    run(
        *("edge.cli.main", "uplink", "--config", str(out / "box.toml")),
        *("--once", "--deadline", str(DEADLINE_S)),
    )


def receiver(out: Path) -> tuple[str, ...]:
    """Return the receiver's command with its keys and database."""
    keys = out / "keys"
    return (
        *("tools.receive", "--keys", str(keys / "boxes.jwks")),
        *("--signing", str(keys / "platform.pem"), "--db", str(out / "received.sqlite")),
    )


def over_mqtt(out: Path, clip: Path, mosquitto: Path, stack: ExitStack) -> int:
    """Deliver through a broker of our own on a free loopback port."""
    broker = stack.enter_context(Broker(mosquitto, out / "broker"))
    prepare(out, f'publisher = "mqtt"\nhost = "127.0.0.1"\nport = {broker.port}', quiet=True)
    background(stack, *receiver(out), "--host", "127.0.0.1", "--port", str(broker.port))
    made = replay(out, clip)
    uplink(out)
    return made


def over_spool(out: Path, clip: Path) -> int:
    """Deliver through a folder, as on a stick."""
    prepare(out, 'publisher = "spool"\nspool = "stick"', quiet=True)
    made = replay(out, clip)
    run("edge.cli.main", "uplink", "--config", str(out / "box.toml"), "--once", "--deadline", "1")
    run(*receiver(out), "--ingest", str(out / "stick"))
    uplink(out)
    return made


def verified(out: Path) -> int:
    """Return how many records the receiver holds as proven."""
    with sqlite3.connect(out / "received.sqlite") as db:
        (count,) = db.execute("SELECT count(*) FROM records").fetchone()
    return int(count)


@click.command()
@click.option("--clip", type=click.Path(path_type=Path), default=HERE / "street.mp4")
@click.option("--out", type=click.Path(path_type=Path), default=Path("out/demo"))
def main(clip: Path, out: Path) -> None:
    """Show the main job end to end."""
    console = Console()
    if not clip.exists():
        raise click.ClickException(f"The clip {clip} does not exist. Name another with CLIP=...")
    if out.exists() and any(out.iterdir()) and not (out / "box.toml").exists():
        raise click.ClickException(f"{out} holds other things. Name another folder with OUT=...")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    mosquitto = find_mosquitto()
    way = f"MQTT, {mosquitto}" if mosquitto else "the spool, a folder: no Mosquitto here"
    console.rule("A street, a box, a platform")
    for name, value in (
        ("Clip", clip),
        ("Box", f"{BOX}, made anew in {out}"),
        ("Law", "the Flemish draft (ZES): decided, never enforced"),
        ("Way", way),
    ):
        console.print(f"{name:5} {value}", soft_wrap=True)
    try:
        with ExitStack() as stack:
            made = over_mqtt(out, clip, mosquitto, stack) if mosquitto else over_spool(out, clip)
        console.rule("The receiving side")
        run(
            "edge.cli.main",
            "records",
            "verify",
            str(out / "received.sqlite"),
            "--keys",
            str(out / "keys/boxes.jwks"),
        )
    except Step as e:
        raise click.ClickException(str(e)) from e
    held = verified(out)
    if held != made:
        raise click.ClickException(f"{made} records were made, {held} arrived. See {out}.")
    console.print(f"[green]All {made} records arrived and are proven.[/green]")
    console.print(f"Report: {out / 'report.html'}\nVideo:  {out / 'annotated.mp4'}")


if __name__ == "__main__":
    main()
