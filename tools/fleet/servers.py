"""What stands at the platform: Mosquitto as it is shipped, and receivers; each may be killed."""

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol

from tools.demo.broker import find_mosquitto
from tools.fleet.members import BROKER_HOST, PLATFORM, Office
from tools.fleet.plan import FleetError, Plan

SHIPPED = Path(__file__).parents[2] / "deploy"
READY_S = 60.0
GROUP = "fleet"
PORTS, LOWEST_PORT = Path("/proc/sys/net/ipv4/ip_local_port_range"), 10_000
"""From where on the kernel gives ports to whoever calls."""
WITH_TLS = (
    "tls_version",
    "cafile",
    "crlfile",
    "certfile",
    "keyfile",
    "require_certificate",
    "use_identity_as_username",
    "use_username_as_clientid",
    "acl_file",
    "allow_anonymous",
)
"""What is left out where the cost of TLS is to be seen by its absence."""


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Wait until something holds. Raises FleetError when it does not within a minute."""
    ends_at = time.monotonic() + READY_S
    while not condition():
        if time.monotonic() > ends_at:
            raise FleetError(f"{what} was not ready within {READY_S:.0f} s.", "Look at its log.")
        time.sleep(0.05)


class Server:
    """A process that is started, killed and started again; its log is beside what it keeps."""

    def __init__(
        self, command: list[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """Prepare it."""
        self.command, self._log, self._environ = command, log, environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pids(self) -> list[int]:
        """The processes of it that run."""
        alive = self._process is not None and self._process.poll() is None
        return [self._process.pid] if self._process is not None and alive else []

    def start(self) -> None:
        """Start it, with what it finds on its disk."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, stdout=log, stderr=log, env=self._environ
            )

    def kill(self) -> None:
        """Kill it with -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Let it end in its own time."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(READY_S)


class Broker(Protocol):
    """What boxes and receivers meet in: one Mosquitto, or a cluster."""

    hosts: tuple[str, ...]
    port: int
    platform_port: int

    @property
    def pids(self) -> list[int]:
        """The processes of it that run."""
        ...

    def start(self) -> None:
        """Start it and wait until it is ready."""
        ...

    def kill(self) -> None:
        """Kill it with -9."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


class Mosquitto(Server):
    """The broker on the configuration that is shipped: other ports, folders and user, no more."""

    hosts: tuple[str, ...] = (BROKER_HOST,)

    def __init__(self, office: Office, folder: Path, tls: bool) -> None:
        """Write its configuration. Raises FleetError when there is no Mosquitto."""
        program = find_mosquitto()
        if program is None:
            raise FleetError("There is no Mosquitto here.", "apt install mosquitto")
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        self.port, self.platform_port = quiet_port(), quiet_port()
        config = folder / "mosquitto.conf"
        config.write_text(self._config(office, folder, tls), encoding="ascii")
        super().__init__([str(program), "-c", str(config)], folder / "log")

    def start(self) -> None:
        """Start it and wait until it listens."""
        super().start()
        wait_for(lambda: all(map(_listens, (self.port, self.platform_port))), "Mosquitto")

    def _config(self, office: Office, folder: Path, tls: bool) -> str:
        acl = SHIPPED.joinpath("mosquitto.acl").read_text(encoding="utf-8")
        (folder / "mosquitto.acl").write_text(acl, encoding="utf-8")
        text = SHIPPED.joinpath("mosquitto.conf").read_text(encoding="utf-8")
        changes = {
            "/etc/mosquitto/mosquitto.acl": f"{folder}/mosquitto.acl",
            "/etc/mosquitto/": f"{office.folder}/",
            "/var/lib/mosquitto/": f"{folder}/",
            "listener 8883": f"listener {self.port} {BROKER_HOST}",
            "listener 8884": f"listener {self.platform_port} {BROKER_HOST}",
            "user mosquitto": "user root" if os.geteuid() == 0 else "",
        }
        for shipped, ours in changes.items():
            text = text.replace(shipped, ours)
        if tls:
            return text
        lines = [line for line in text.splitlines() if not line.startswith(WITH_TLS)]
        return "\n".join(("allow_anonymous true", *lines, ""))


class Receiver(Server):
    """One of the group of receivers."""

    def __init__(
        self, plan: Plan, office: Office, broker: Broker, database: str, log: Path
    ) -> None:
        """Prepare it; a cluster of nats-server knows no groups, and has one receiver."""
        words = [*plan.receive, "--db", database, "--keys", str(office.register)]
        words += ["--signing", str(office.signing), "--port", str(broker.platform_port)]
        words += [word for host in broker.hosts for word in ("--host", host)]
        words += [] if plan.cluster else ["--group", GROUP]
        if plan.tls:
            papers = office.papers(PLATFORM)
            words += ["--ca", str(papers.ca), "--cert", str(papers.cert), "--key", str(papers.key)]
        super().__init__(words, log)
        self._said = log

    def start(self) -> None:
        """Start it and wait until it listens."""
        before = self._listens()
        super().start()
        wait_for(lambda: self._listens() > before or not self.pids, "A receiver")
        if not self.pids:
            raise FleetError("A receiver did not start.", f"Look into {self._said}.")

    def _listens(self) -> int:
        return self._said.read_bytes().count(b"listening on") if self._said.exists() else 0


def quiet_port(hosts: tuple[str, ...] = (BROKER_HOST,)) -> int:
    """Return a free port that no call of a box takes as its own while the broker is away."""
    first = int(PORTS.read_text().split()[0])
    while True:
        port = random.randrange(LOWEST_PORT, first)
        with ExitStack() as stack, suppress(OSError):
            for host in hosts:
                stack.enter_context(socket.socket()).bind((host, port))
            return port


def _listens(port: int) -> bool:
    with socket.socket() as s:
        return s.connect_ex((BROKER_HOST, port)) == 0
