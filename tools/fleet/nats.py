"""Three servers of nats-server as one broker, on the configuration that is shipped."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from edge.feed.cluster import BrokerAddress
from tools.cluster_check import who_fails
from tools.cluster_users import users
from tools.fleet.members import CLUSTER_HOSTS, PLATFORM, Office
from tools.fleet.plan import FleetError
from tools.fleet.servers import SHIPPED, Server, quiet_port

READY_S = 120.0


class NatsCluster:
    """All three are started, killed and ended together; what one takes all pass on."""

    hosts: tuple[str, ...] = CLUSTER_HOSTS

    def __init__(self, office: Office, boxes: Iterable[str], folder: Path) -> None:
        """Write who may come in. Raises FleetError when there is no nats-server."""
        program = shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin")
        if program is None:
            raise FleetError("There is no nats-server here.", "apt install nats-server")
        folder.mkdir(parents=True)
        shutil.copy(SHIPPED / "cluster/server.conf", folder / "server.conf")
        (folder / "users.conf").write_text(users(boxes), encoding="ascii")
        self._office, self._folder, self._program = office, folder, program
        self.port, self._routes, self._keeper, self._monitor = (
            quiet_port(CLUSTER_HOSTS) for _ in range(4)
        )
        self.platform_port = self.port
        self._servers = [self._server(host) for host in self.hosts]

    @property
    def pids(self) -> list[int]:
        """The servers' processes."""
        return [pid for server in self._servers for pid in server.pids]

    def start(self) -> None:
        """Start all, and wait until each passes on what it takes. Raises FleetError."""
        for server in self._servers:
            server.start()
        papers = self._office.papers(PLATFORM)
        files = (papers.ca, papers.cert, papers.key)
        addresses = [BrokerAddress(host, self.port, *files) for host in self.hosts]
        faults = who_fails(addresses, READY_S)
        if faults:
            fault = next(iter(faults.values()))
            raise FleetError(f"The cluster is not ready: {fault.cause}", fault.remedy)

    def kill(self) -> None:
        """Kill all three with -9."""
        for server in self._servers:
            server.kill()

    def stop(self) -> None:
        """Let them end."""
        for server in self._servers:
            server.kill()

    def _server(self, host: str) -> Server:
        command = [self._program, "-c", str(self._folder / "server.conf")]
        return Server(command, self._folder / f"{host}.log", self._environment(host))

    def _environment(self, host: str) -> dict[str, str]:
        office, routes = self._office.folder, self._office.routes
        called = {
            f"ANPR_ROUTE_{n}": f"nats://{h}:{self._routes}" for n, h in enumerate(self.hosts, 1)
        }
        return {
            **os.environ,
            **called,
            "ANPR_SERVER": f"server-{host[-1]}",
            "ANPR_KEEPER": f"{host}:{self._keeper}",
            "ANPR_MONITOR": f"{host}:{self._monitor}",
            "ANPR_ADDRESS": host,
            "ANPR_PORT": str(self.port),
            "ANPR_ROUTES": str(self._routes),
            "ANPR_STORE": str(self._folder / host),
            "ANPR_DISK": "4GB",
            "ANPR_CERT": str(office / "broker.pem"),
            "ANPR_KEY": str(office / "broker.key"),
            "ANPR_CA": str(office / "ca.pem"),
            "ANPR_ROUTE_CERT": str(routes / "broker.pem"),
            "ANPR_ROUTE_KEY": str(routes / "broker.key"),
            "ANPR_ROUTE_CA": str(routes / "ca.pem"),
        }
