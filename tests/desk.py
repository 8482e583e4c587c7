"""A new box and a platform beside it, as keys are asked for and given."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from edge.cli.keys import keys
from edge.record.enrolment import KeyCertificate, read_request, sign_certificate
from edge.record.keys import create_signer
from tests.authority import Authority

BOX = "gent-0012"
CONFIG = """\
[box]
id = "gent-0012"
state = "state"
[access]
token_key = "keys/token.key"
[keys]
signing = "keys/box.pem"
platform = "keys/platform.jwk"
storage = "keys/storage.key"
[[zones]]
id = "gent"
pack = "fl-zes"
start = 2027-01-01
[uplink]
publisher = "mqtt"
cert = "keys/client.pem"
key = "keys/client.key"
"""


class Desk:
    """A new box, and a platform beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.keys = folder, folder / "keys"
        self.keys.mkdir()
        (folder / "state").mkdir()
        (folder / "box.toml").write_text(CONFIG)
        (self.keys / "token.key").write_text("ab" * 32)
        self.platform = create_signer(self.keys / "platform.pem", None)
        (folder / "ca").mkdir()
        self.authority = Authority(folder / "ca")

    def run(self, verb: str, *args: str) -> Result:
        config = str(self.folder / "box.toml")
        return CliRunner().invoke(keys, [verb, *args, "--config", config])

    def said(self, verb: str, *args: str) -> dict[str, Any]:
        done = self.run(verb, *args, "--json")
        assert done.exit_code == 0, done.output
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def ask(self) -> bytes:
        assert self.run("request", "--out", str(self.folder / "request.jws")).exit_code == 0
        return (self.folder / "request.jws").read_bytes().strip()

    def answer(self, **changes: Any) -> Path:
        """Answer the request as the platform does, but for what is changed."""
        asked, now = read_request(self.ask()), datetime.now(UTC)
        assert asked.csr is not None
        facts = {
            "box": BOX,
            "kid": asked.key.kid,
            "epoch": 1,
            "client": self.authority.signed(asked.csr, BOX),
            "issued_at": now,
            "not_after": now + timedelta(days=9),
            "nonce": asked.nonce,
        }
        signer = changes.pop("signer", self.platform)
        path = self.folder / "certificate.jws"
        path.write_bytes(sign_certificate(KeyCertificate(**{**facts, **changes}), signer))
        return path
