"""The platform of a run, and where it keeps its files; all of it is gone afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.fleet.members import Office
from tools.fleet.nats import NatsCluster
from tools.fleet.plan import FleetError, Plan
from tools.fleet.postgres import Postgres, programs
from tools.fleet.servers import Broker, Mosquitto, Receiver

DATABASE = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "shared_buffers": "128MB",
    "max_connections": "40",
    "track_commit_timestamp": "on",
}
"""As Debian sets it up, but for the moment of each commit: when a record was stored."""


@dataclass(slots=True)
class Site:
    """The platform of a run."""

    office: Office
    broker: Broker
    receivers: list[Receiver]
    database: Postgres
    address: str


@contextmanager
def own_folder(where: Path) -> Iterator[Path]:
    """Make a folder of our own that is gone afterwards; PostgreSQL has a user of its own."""
    where.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="anpr-fleet-", dir=where))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_database(folder: Path) -> Iterator[Postgres]:
    """Run a database server in a folder."""
    found = programs()
    if found is None:
        raise FleetError("There is no PostgreSQL here.", "apt install postgresql")
    (folder / "database").mkdir()
    database = Postgres(found, folder / "database", DATABASE)
    database.start()
    try:
        yield database
    finally:
        database.stop()


@contextmanager
def platform(plan: Plan, office: Office, folder: Path, database: Postgres) -> Iterator[Site]:
    """Start broker and receivers, and end them."""
    with ExitStack() as stack:
        address = database.address()
        broker = _broker(plan, office, folder / "broker")
        stack.callback(broker.stop)
        broker.start()
        receivers: list[Receiver] = []
        for number in range(1 if plan.cluster else plan.receivers):
            log = folder / f"receiver-{number}.log"
            receivers.append(Receiver(plan, office, broker, address, log))
            stack.callback(receivers[-1].stop)
            receivers[-1].start()
        yield Site(office, broker, receivers, database, address)


def _broker(plan: Plan, office: Office, folder: Path) -> Broker:
    if plan.cluster:
        return NatsCluster(office, [member.box for member in office.members], folder)
    return Mosquitto(office, folder, plan.tls)
