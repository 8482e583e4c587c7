"""A bench where boxes are made: a kit, a registrar beside it, and a box; all in one folder."""

import os
import signal
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner, Result

from edge.cli.provision import provision
from edge.record.keys import create_signer
from tests.authority import Authority
from tools.registrar.__main__ import registrar

TEMPLATE = """\
[box]
id = "${id}"
state = "state"
[camera]
lane = "${lane}"
[external]
product = "axis"
listen = "10.0.0.2:8090"
allow = ["10.0.0.20"]
[access]
token_key = "%(secret)stoken.key"
[keys]
signing = "%(secret)sbox.pem"
platform = "keys/platform.jwk"
storage = "%(secret)sstorage.key"
[[zones]]
id = "gent"
pack = "fl-zes"
start = 2027-01-01
[panel]
listen = "10.42.0.1:8443"
cert = "keys/panel.crt"
key = "%(secret)spanel.key"
password = "%(secret)spanel.password"
[uplink]
publisher = "mqtt"
ca = "keys/ca.pem"
cert = "keys/client.pem"
key = "%(secret)sbox.key"
"""
ROWS = "id,lane\ngent-0012,inbound\ngent-0013,outbound\n"


class Bench:
    """`secret` is where the box has its secrets: `keys/`, or `credential:`."""

    def __init__(self, folder: Path, secret: str = "keys/") -> None:
        self.folder, self.kit, self.stick = folder, folder / "the kit", folder / "a stick"
        self.box, self.office = folder / "a box", folder / "office"
        for made in (self.kit, self.stick, self.office):
            made.mkdir()
        self.authority = Authority(self.office)
        self.authority.renew(timedelta(days=500))
        create_signer(self.office / "platform.pem", None)
        for name in ("platform.jwk", "ca.pem"):
            (self.kit / name).write_bytes((self.office / name).read_bytes())
        (self.kit / "token.key").write_text("ab" * 32)
        (self.kit / "boxes.csv").write_text(ROWS)
        (self.kit / "box.toml").write_text(TEMPLATE % {"secret": secret})

    @property
    def config(self) -> Path:
        return self.box / "box.toml"

    def paper(self, kind: str, box: str = "gent-0012") -> Path:
        return self.stick / f"{box}.{kind}"

    def arguments(self, *more: str, box: str = "gent-0012") -> list[str]:
        folders = {
            "config": self.config,
            "kit": self.kit,
            "exchange": self.stick,
            "credstore": self.folder / "credstore",
        }
        return [f"--box={box}", *(f"--{k}={v}" for k, v in folders.items()), *more]

    def make(self, *more: str, box: str = "gent-0012") -> Result:
        return CliRunner().invoke(provision, self.arguments(*more, box=box))

    def answer(self, *more: str, said: str = "") -> Result:
        register = [f"--register={self.office / 'register.json'}"]
        arguments = ["answer", str(self.stick), *register, *self._keys(), *more]
        return CliRunner().invoke(registrar, arguments, input=said)

    def prove(self, bundle: Path, *more: str) -> Result:
        register = f"--register={self.office / 'register.json'}"
        return CliRunner().invoke(registrar, ["prove", str(bundle), register, *more])

    def make_and_cut(self, at: int) -> bool:
        """Make it in a process of its own that is killed at its n-th write; True if it was."""
        child = os.fork()
        if child == 0:  # pragma: no cover
            _cut_at(at)
            CliRunner().invoke(provision, self.arguments())
            os._exit(0)
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL

    def _keys(self) -> list[str]:
        files = {"signing": "platform.pem", "ca": "ca.pem", "ca-key": "ca.key"}
        return [f"--{option}={self.office / name}" for option, name in files.items()]


def _cut_at(at: int) -> None:
    """Kill this process before its n-th sync to the disk or renaming."""
    left, fsync, rename = [at], os.fsync, os.replace

    def count() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted_fsync(handle: int) -> None:
        count()
        fsync(handle)

    def counted_replace(path: Path, target: Path) -> Path:
        count()
        rename(path, target)
        return Path(target)

    os.fsync = counted_fsync  # type: ignore[assignment]
    Path.replace = counted_replace  # type: ignore[method-assign, assignment]
