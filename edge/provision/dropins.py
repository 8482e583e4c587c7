"""Drop-ins of systemd: what the configuration asks for beyond what the units allow.

A unit names no address, port or folder of one box. Each example of `systemd/examples` opens one of
them; here is which of them a box needs, with its own values.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import edge
from edge.config import Config, Panel
from edge.errors import ConfigError
from edge.provision.site import folder
from edge.record.keyfile import PUBLIC_MODE, read, replace

EXAMPLES = Path(edge.__file__).parent.parent / "systemd" / "examples"
UNITS = Path("/etc/systemd/system")
PANEL_PORT = 8443


@dataclass(frozen=True, slots=True)
class DropIn:
    """An example for a unit, and its lines that differ from box to box (the example's, ours)."""

    unit: str
    example: str
    lines: tuple[tuple[str, str], ...]

    @property
    def path(self) -> Path:
        """Where it belongs."""
        return UNITS / f"{self.unit}.service.d" / f"{self.example}.conf"

    def text(self) -> str:
        """Return the example with the lines of this box."""
        found = read(EXAMPLES / f"{self.example}.conf").decode()
        for theirs, ours in self.lines:
            found = found.replace(f"\n{theirs}\n", f"\n{ours}\n")
        return found

    def is_there(self) -> bool:
        """True where the drop-ins of the unit say these lines, whoever wrote them."""
        said = {
            line
            for path in self.path.parent.glob("*.conf")
            for line in read(path).decode(errors="replace").splitlines()
        }
        return all(ours in said for _, ours in self.lines)


def needed(config: Config) -> Iterator[DropIn]:
    """Yield the drop-ins that a configuration needs.

    Raises ConfigError for a camera by name: its service resolves no names.
    """
    if config.external is not None:
        port = config.external.listen.rpartition(":")[2]
        allowed = f"IPAddressAllow={' '.join(config.external.allow)}"
        yield _of_run(
            "external-camera",
            ("IPAddressAllow=10.0.0.20", allowed),
            ("SocketBindAllow=tcp:8090", f"SocketBindAllow=tcp:{port}"),
        )
    elif "://" in config.camera.source:
        allowed = f"IPAddressAllow={_camera_address(config.camera.source)}"
        yield _of_run("network-camera", ("IPAddressAllow=10.0.0.8", allowed))
    if config.metrics is not None:
        bound = f"SocketBindAllow=tcp:{config.metrics.address[1]}"
        yield _of_run("metrics", ("SocketBindAllow=tcp:9100", bound))
    if config.uplink.publisher == "spool" and config.uplink.spool is not None:
        written = f"ReadWritePaths={config.uplink.spool}"
        yield DropIn("anpr-uplink", "spool", (("ReadWritePaths=/media/anpr", written),))
    if config.panel is not None and config.panel.address[1] != PANEL_PORT:
        yield _of_panel(config.panel)


def missing(config: Config) -> tuple[DropIn, ...]:
    """Return the drop-ins that a configuration needs and the units do not have."""
    return tuple(one for one in needed(config) if not one.is_there())


def put(one: DropIn) -> None:
    """Write a drop-in; one that says something else stays beside it as `.old`."""
    path = one.path
    folder(path.parent)
    if path.exists():
        replace(path.with_name(f"{path.name}.old"), read(path), PUBLIC_MODE)
    replace(path, one.text().encode(), PUBLIC_MODE)


def _of_run(example: str, *lines: tuple[str, str]) -> DropIn:
    return DropIn("anpr-run", example, lines)


def _of_panel(panel: Panel) -> DropIn:
    bound = f"SocketBindAllow=ipv4:tcp:{panel.address[1]}"
    return DropIn("anpr-panel", "panel", (("SocketBindAllow=ipv4:tcp:8444", bound),))


def _camera_address(source: str) -> str:
    host = urlsplit(source).hostname or ""
    try:
        return str(ip_address(host))
    except ValueError:
        raise ConfigError(
            "camera.source names its camera by a name, and the service resolves none.",
            "Write the camera's address there, and see that the camera keeps it.",
        ) from None
