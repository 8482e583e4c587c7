"""A booth whose box has a device on a pty, its real service, and a street under its light."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from edge.clock import SystemClock
from edge.config import Firmware
from edge.daemon.bulletin import Bulletin
from edge.daemon.captures import Captures
from edge.daemon.caretaker import Caretaker
from edge.daemon.housing import Housing
from edge.daemon.lamp import Lamp
from edge.daemon.notify import Lifeline
from edge.housing.caller import Caller
from edge.types import Image
from firmware_bridge.link import Link
from firmware_bridge.messages import Capability
from firmware_bridge.simulator.bench import Bench
from firmware_bridge.simulator.device import Make
from tests.booth import BULLETIN, Booth, booth, street
from tests.fakes import detection, reading

PARKED = reading("1XEM934", detection(1087, 520, 95, 23), 0.995)
"""The car beside the road, in every frame of the street."""
UNTRIGGERED = Capability(sum(Capability) & ~Capability.TRIGGER)
NIGHT = 0.3
"""So much of its light a street has where no illuminator shines."""


@dataclass
class Lit:
    """The booth, and the device behind it."""

    stand: Booth
    bench: Bench
    bulletin: Bulletin = BULLETIN

    @property
    def permille(self) -> int:
        """How bright the device shines."""
        return self.bench.device.status.illuminator_permille


@contextmanager
def lit_booth(folder: Path) -> Iterator[Lit]:
    """Serve the panel of a box that steers a light, at night."""
    with (
        tempfile.TemporaryDirectory(prefix="lit-") as short,
        Bench(Path(short) / "device", Make(capabilities=UNTRIGGERED)) as bench,
    ):
        bench.device.status = replace(bench.device.status, illuminance_mlx=1000)
        socket = Path(short) / "s"
        more = f'[firmware]\nport = "{bench.path}"\nsocket = "{socket}"\n'
        housing, ended = Housing(SystemClock(), Captures()), threading.Event()
        caretaker = Caretaker(Link(str(bench.path)), Firmware(port=bench.path, socket=socket))
        service = threading.Thread(target=caretaker.run, args=(ended.is_set, Lifeline({})))
        service.start()
        try:
            with (
                Caller(socket, housing.take, housing.lost, again_s=0.05) as caller,
                booth(folder, more=more, illuminator=housing.illuminator) as stand,
            ):
                housing.say = caller.say
                lamp, made = Lamp(stand.parts.folder, caller.say), Lit(stand, bench)

                def beside() -> None:
                    lamp.look()
                    stand.tell(
                        bulletin=msgspec.structs.replace(made.bulletin, housing=housing.told())
                    )
                    stand.road.frames = under(made.permille)

                stand.road.readings = (PARKED,)
                stand.road.beside = beside
                yield made
        finally:
            ended.set()
            service.join(20)


@cache
def under(permille: int) -> list[Image]:
    """Return a few frames of the street as they are under a light."""
    share = NIGHT + (1 - NIGHT) * permille / 1000
    frames = [np.asarray(image * share, np.uint8) for image in street()[:4]]
    for image in frames:
        image.flags.writeable = False
    return frames
