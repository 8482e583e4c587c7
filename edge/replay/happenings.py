"""What may happen in a tester's run besides the pictures, each at its time."""

from typing import Annotated, ClassVar, Literal, TypeAlias

import msgspec

from edge.housing.words import ContactName
from edge.replay.tables import Table

LONGEST_S = 100 * 86400
Seconds = Annotated[float, msgspec.Meta(ge=0, le=LONGEST_S)]
Jump = Annotated[float, msgspec.Meta(ge=-10 * 366 * 86400, le=10 * 366 * 86400)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Text = Annotated[str, msgspec.Meta(max_length=300)]


class Happening(Table, frozen=True, kw_only=True):
    """Something that happens `at_s` after the run begins."""

    what: ClassVar[str]
    at_s: Seconds

    @property
    def says(self) -> str:
        """Say it in a few words, for a timeline."""
        return self.what


class Trigger(Happening, frozen=True, kw_only=True):
    """The device tells of a vehicle that it saw `age_s` ago; `lost` were lost on the way."""

    what = "trigger"
    age_s: Seconds = 0.0
    error_us: int | None = None
    lost: Count = 0
    is_test: bool = False


class Conditions(Happening, frozen=True, kw_only=True):
    """The device tells how the housing stands; what is not given is not known."""

    what = "conditions"
    temperature_c: float | None = None
    humidity: float | None = None
    supply_v: float | None = None
    illuminance_lx: float | None = None
    tamper: bool | None = None
    door: bool | None = None
    tilt: bool | None = None
    illuminator: float | None = None
    heater: float | None = None
    fan: float | None = None


class Contact(Happening, frozen=True, kw_only=True):
    """A contact of the housing begins or ceases to report."""

    what = "contact"
    contact: ContactName
    reports: bool
    found: bool = False

    @property
    def says(self) -> str:
        """Say it in a few words."""
        return f"{self.contact} {'opens' if self.reports else 'closes'}"


class Device(Happening, frozen=True, kw_only=True):
    """The device is there from now on, or is not."""

    what = "device"
    connected: bool
    triggers: bool = True
    cause: Text = "the run says so"

    @property
    def says(self) -> str:
        """Say it in a few words."""
        return f"device {'heard' if self.connected else 'away'}"


class ClockSet(Happening, frozen=True, kw_only=True):
    """The clock of the box jumps, or is trusted or not from now on."""

    what = "clock"
    jump_s: Jump = 0.0
    trusted: bool | None = None
    error_ms: Annotated[float, msgspec.Meta(ge=0)] | None = None

    @property
    def says(self) -> str:
        """Say it in a few words."""
        jump = f" {self.jump_s:+g} s" if self.jump_s else ""
        trusted = {None: "", True: " trusted", False: " not trusted"}[self.trusted]
        return f"clock{jump}{trusted}"


class Network(Happening, frozen=True, kw_only=True):
    """The way to the platform is open from now on, or closed."""

    what = "network"
    is_up: bool

    @property
    def says(self) -> str:
        """Say it in a few words."""
        return f"network {'up' if self.is_up else 'down'}"


class CameraGives(Happening, frozen=True, kw_only=True):
    """The camera gives its pictures from now on, or none."""

    what = "camera"
    gives: bool

    @property
    def says(self) -> str:
        """Say it in a few words."""
        return f"camera {'gives' if self.gives else 'is away'}"


class RegistryComes(Happening, frozen=True, kw_only=True):
    """Another registry takes the place of the one before; `file` lies beside the run file."""

    what = "registry"
    file: Annotated[str, msgspec.Meta(min_length=1)]

    @property
    def says(self) -> str:
        """Say it in a few words."""
        return f"registry {self.file}"


class Reboot(Happening, frozen=True, kw_only=True):
    """The box ends and starts anew `off_s` later: cleanly, or by a cut of its power."""

    what = "reboot"
    off_s: Annotated[float, msgspec.Meta(ge=0, le=LONGEST_S)] = 20.0
    how: Literal["clean", "cut"] = "clean"

    @property
    def says(self) -> str:
        """Say it in a few words."""
        return "reboot" if self.how == "clean" else "power cut"


KINDS: dict[str, type[Happening]] = {
    kind.what: kind
    for kind in (
        Trigger,
        Conditions,
        Contact,
        Device,
        ClockSet,
        Network,
        CameraGives,
        RegistryComes,
        Reboot,
    )
}
Happenings: TypeAlias = tuple[Happening, ...]
