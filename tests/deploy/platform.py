"""The platform of one box on this machine: kit, registrar, broker as it is shipped, receiver."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.bench import Bench
from tests.conftest import REPOSITORY
from tests.repository import Publisher, registry_file
from tests.shipped_broker import ShippedBroker
from tests.tools.registry_orders import KEY

BOX = "gent-0012"
TEMPLATE = REPOSITORY / "deploy" / "kit" / "box.toml"
PATIENCE_S, LOOKS_S = 240.0, 3.0
Records = list[dict[str, Any]]


class Platform:
    """All of it lies in one folder; the box is reached over the broker and over a stick."""

    def __init__(self, folder: Path, stick: Path) -> None:
        self.bench = Bench(folder)
        self.bench.stick = stick
        self.broker = ShippedBroker(self.bench.office)
        self.broker.authority.renew(timedelta(days=500))
        self.broker.start()
        self._received = self.bench.office / "received.sqlite"
        self._receiver: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        """End receiver and broker."""
        if self._receiver is not None:
            self._receiver.terminate()
            self._receiver.wait()
        self.broker.kill()

    def make_kit(self, camera: str, panel: int) -> Path:
        """Make the kit: the shipped template, a row, first updates, and what is trusted."""
        kit, office = self.bench.kit, self.bench.office
        (kit / "boxes.csv").write_text(
            f"id,camera,lane,sign,zone\n{BOX},{camera},inbound,ZES,gent\n"
        )
        (kit / "token.key").write_text(KEY.hex())
        shutil.copy(office / "ca.pem", kit)
        (kit / "box.toml").write_text(self._template(panel))
        publisher = Publisher(office / "publisher")
        publisher.offer_registry(registry_file(office, "first", datetime.now(UTC)))
        publisher.publish()
        shutil.copytree(publisher.folder, kit / "updates")
        shutil.copy(publisher.root, kit / "root.json")
        return kit

    def answer(self) -> None:
        """Take in the box whose request lies on the stick, and start to receive."""
        done = self.bench.answer("--bench")
        print(done.output, end="")
        assert done.exit_code == 0
        office, authority = self.bench.office, self.broker.authority
        cert, key = authority.issue("receiver", "platform")
        options = {
            "--db": self._received,
            "--keys": office / "register.json",
            "--signing": office / "platform.pem",
            "--host": "127.0.0.1",
            "--port": self.broker.platform_port,
            "--ca": authority.folder / "ca.pem",
            "--cert": cert,
            "--key": key,
        }
        command = [sys.executable, "-m", "tools.receive"]
        command += [str(word) for option in options.items() for word in option]
        with (office / "receiver.log").open("wb") as log:
            self._receiver = subprocess.Popen(command, cwd=REPOSITORY, stderr=log, stdout=log)

    def records(self) -> Records:
        """Return all that it holds, once proven."""
        if not self._received.exists():
            return []
        keys = ("--keys", str(self.bench.office / "register.json"))
        listed = self._tool("edge.cli.main", "records", "list", str(self._received), "--json")
        assert not listed or self._tool(
            "edge.cli.main", "records", "verify", str(self._received), *keys
        )
        return [json.loads(line) for line in listed.splitlines()]

    def until(self, enough: Callable[[Records], bool]) -> Records:
        """Wait until it has enough; return all that it has."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if enough(found := self.records()):
                return found
            time.sleep(LOOKS_S)
        raise AssertionError(f"That did not come in {PATIENCE_S:g} s.")

    def software(self) -> str:
        """Return which version it knows the box to run."""
        said = self._tool("tools.receive", "--db", str(self._received), "--boxes", "--json")
        return str(json.loads(said)[0]["health"]["software"])

    def _template(self, panel: int) -> str:
        """Return the shipped template with this platform's addresses, and nothing else changed."""
        changes = {
            "10.42.0.1:8443": f"127.0.0.1:{panel}",
            'host = "broker.example.org"': f'host = "127.0.0.1"\nport = {self.broker.port}',
            "start = 2027-01-01": "start = 2026-01-01",
        }
        text = TEMPLATE.read_text()
        for shipped, ours in changes.items():
            assert shipped in text
            text = text.replace(shipped, ours)
        return text

    def _tool(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, "NO_COLOR": "1"},
            check=False,
        )
        print(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}", end="")
        return done.stdout if done.returncode == 0 else ""
