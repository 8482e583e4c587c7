"""Three real servers of nats-server as one broker for MQTT, set up as deploy/cluster says."""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from edge.feed.cluster import BrokerAddress
from tests.authority import Authority
from tests.conftest import REPOSITORY
from tests.mosquitto import wait_for
from tools.cluster_check import who_fails
from tools.cluster_users import users

CONFIG = REPOSITORY / "deploy/cluster/server.conf"
HOSTS = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
READY_S = 60.0
STREAMS = 3
"""Messages, retained messages and sessions."""


def port_of_all() -> int:
    """Return a port that is free on every address of the cluster."""
    while True:
        with socket.socket() as first:
            first.bind((HOSTS[0], 0))
            port = int(first.getsockname()[1])
            try:
                for host in HOSTS[1:]:
                    with socket.socket() as other:
                        other.bind((host, port))
            except OSError:
                continue
            return port


def find_nats() -> str:
    """Return the server's program, or skip the test."""
    program = shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin")
    if program is None:
        pytest.skip("no nats-server here: apt install nats-server")
    return program


class NatsCluster:
    """Started by the `nats` fixture; a test kills servers and starts them again."""

    def __init__(self, program: str, folder: Path, authority: Authority) -> None:
        self._program, self._folder, self.authority = program, folder, authority
        self.port, self._routes = port_of_all(), port_of_all()
        self._keeper, self._monitor = port_of_all(), port_of_all()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.ca = authority.folder / "ca.pem"
        shutil.copy(CONFIG, folder / "server.conf")
        (folder / "servers").mkdir()
        self._of_servers = Authority(folder / "servers")

    def admit(self, *boxes: str) -> None:
        """Write who may come in."""
        (self._folder / "users.conf").write_text(users(boxes))

    def start(self, *hosts: str) -> None:
        """Start servers, with what they have on their disks."""
        for host in hosts or HOSTS:
            log = (self._folder / f"{host}.log").open("ab")
            command = [self._program, "-c", str(self._folder / "server.conf")]
            with log:
                self._running[host] = subprocess.Popen(
                    command, env={**os.environ, **self._environment(host)}, stderr=log
                )

    def make_ready(self) -> None:
        """Wait until the cluster is whole and every server passes on what it takes."""
        wait_for(self.is_whole, "the whole cluster", READY_S)
        cert, key = self.authority.issue("check", "platform")
        servers = [BrokerAddress(host, self.port, self.ca, cert, key) for host in HOSTS]
        assert who_fails(servers, READY_S) == {}

    def is_whole(self) -> bool:
        """True when every server runs, one leads, and each copy of a stream has caught up.

        `/healthz` is no measure of it in 2.9: it may blame for ever a consumer of the server's own
        that a kill left behind.
        """
        led = [self._streams(host) for host in HOSTS]
        if None in led:
            return False
        streams = [stream for some in led if some is not None for stream in some]
        copies = [stream["cluster"].get("replicas", []) for stream in streams]
        caught_up = [len(some) == 2 and all(copy["current"] for copy in some) for some in copies]
        return len(streams) in (0, STREAMS) and all(caught_up)

    def kill(self, *hosts: str) -> None:
        """Kill servers with -9."""
        for host in hosts or tuple(self._running):
            process = self._running.pop(host)
            process.send_signal(signal.SIGKILL)
            process.wait()

    def restart_in_turn(self) -> None:
        """Let every server read its users again, while two go on."""
        for host in HOSTS:
            process = self._running.pop(host)
            process.send_signal(signal.SIGINT)
            process.wait()
            self.start(host)
            self.make_ready()

    def pid(self, host: str) -> int:
        return self._running[host].pid

    def addresses(self, name: str) -> list[BrokerAddress]:
        """Return the way in for whoever has this name on a certificate."""
        cert, key = self.authority.issue(name, name)
        return [BrokerAddress(host, self.port, self.ca, cert, key) for host in HOSTS]

    def consumers(self) -> int:
        """Return for how many sessions messages are kept."""
        led = [stream for host in HOSTS for stream in self._streams(host) or []]
        return sum(s["state"]["consumer_count"] for s in led if s["name"] == "$MQTT_msgs")

    def _streams(self, host: str) -> list[dict[str, Any]] | None:
        """Return the streams of which a server leads the copies; None while it answers nothing."""
        connection = HTTPConnection(host, self._monitor, timeout=5)
        try:
            connection.request("GET", "/jsz?streams=true")
            found = json.load(connection.getresponse())
        except (OSError, ValueError):
            return None
        finally:
            connection.close()
        if not found.get("meta_cluster", {}).get("leader"):
            return None
        accounts = found.get("account_details", [])
        streams = [stream for account in accounts for stream in account.get("stream_detail", [])]
        return [one for one in streams if one["cluster"].get("leader") == _name(host)]

    def _environment(self, host: str) -> dict[str, str]:
        cert, key = self.authority.issue(f"server-{host}", host)
        route_cert, route_key = self._of_servers.issue(host, host)
        routes = {f"ANPR_ROUTE_{n}": f"nats://{h}:{self._routes}" for n, h in enumerate(HOSTS, 1)}
        return routes | {
            "ANPR_SERVER": _name(host),
            "ANPR_KEEPER": f"{host}:{self._keeper}",
            "ANPR_MONITOR": f"{host}:{self._monitor}",
            "ANPR_ADDRESS": host,
            "ANPR_PORT": str(self.port),
            "ANPR_ROUTES": str(self._routes),
            "ANPR_STORE": str(self._folder / host),
            "ANPR_DISK": "1GB",
            "ANPR_CERT": str(cert),
            "ANPR_KEY": str(key),
            "ANPR_CA": str(self.ca),
            "ANPR_ROUTE_CERT": str(route_cert),
            "ANPR_ROUTE_KEY": str(route_key),
            "ANPR_ROUTE_CA": str(self._of_servers.folder / "ca.pem"),
        }


def _name(host: str) -> str:
    return f"server-{host[-1]}"


@contextmanager
def running(folder: Path, boxes: Iterable[str]) -> Iterator[NatsCluster]:
    """Run a cluster that knows these boxes, in a folder that is not there yet."""
    folder.mkdir()
    found = NatsCluster(find_nats(), folder, Authority(folder))
    found.admit(*boxes)
    found.start()
    try:
        found.make_ready()
        yield found
    finally:
        found.kill()


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsCluster]:
    """A cluster that runs, and knows box-1 and box-2."""
    with running(tmp_path / "nats", ["box-1", "box-2"]) as found:
        yield found
