"""Mosquitto on the very configuration that is shipped: other ports, folders and user, no more."""

import os
import subprocess
from pathlib import Path

from tests.authority import Authority
from tests.conftest import REPOSITORY
from tests.mosquitto import Mosquitto, find_mosquitto, free_port
from tools.registrar.__main__ import registrar

CONF, ACL = REPOSITORY / "deploy" / "mosquitto.conf", REPOSITORY / "deploy" / "mosquitto.acl"


class ShippedBroker(Mosquitto):
    """The broker of a platform with an authority of its own; boxes at `port`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(find_mosquitto(), folder)
        self.authority, self.platform_port = Authority(folder), free_port()
        self.authority.issue("broker", "broker")
        self.outlaw()
        (folder / "mosquitto.acl").write_text(ACL.read_text())

    def outlaw(self, *certificates: Path, days: int = 1) -> None:
        """Put certificates on the revocation list."""
        folder = self.authority.folder
        options = [f"--ca={folder / 'ca.pem'}", f"--ca-key={folder / 'ca.key'}", f"--days={days}"]
        arguments = ["outlaw", *map(str, certificates), *options, f"--out={folder / 'outlaws.pem'}"]
        registrar(arguments, standalone_mode=False)

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        folder, text = self.authority.folder, CONF.read_text()
        changes = {
            "/etc/mosquitto/": f"{folder}/",
            "/var/lib/mosquitto/": f"{folder}/",
            "listener 8883": f"listener {port} 127.0.0.1",
            "listener 8884": f"listener {self.platform_port} 127.0.0.1",
            "user mosquitto": "user root" if os.geteuid() == 0 else "",
        }
        for shipped, ours in changes.items():
            assert shipped in text
            text = text.replace(shipped, ours)
        config = folder / "shipped.conf"
        config.write_text(text)
        with (folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen([self._program, "-c", str(config)], stderr=log)
        return self._process

    def _answers(self, process: subprocess.Popen[bytes], port: int) -> bool:
        """Wait for both listeners: the one for platforms opens a moment later."""
        return super()._answers(process, port) and super()._answers(process, self.platform_port)
