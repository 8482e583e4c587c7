"""Receives what roadside boxes send: verifies it, keeps it, answers with signed receipts.

python receive.py --keys boxes.jwks --signing platform.pem --out received --host broker.example
"""

import argparse
import base64
import hashlib
import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from joserfc import jws as jose
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from paho.mqtt.enums import CallbackAPIVersion

TOPIC = re.compile(r"anpr/v1/([A-Za-z0-9][A-Za-z0-9._-]{0,127})/([A-Za-z0-9][A-Za-z0-9._-]{0,127})")
LARGEST = 120_000
GENESIS = (1, 0, "0" * 64)
ROTATION, DROP = "anpr-edge.rotation.v1", "anpr-edge.drop.v1"


class Refused(Exception):  # noqa: N818
    """A record that proves nothing, and why."""


def decoded(part: bytes) -> bytes:
    """Decode base64url, and accept one spelling only: else one record has many hashes."""
    value = base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(value).rstrip(b"=") != part:
        raise Refused("its base64url is not canonical")
    return value


def verify(jws: bytes, keys: dict[str, dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the key that signed a record, and the message in it."""
    if len(jws) > LARGEST or jws.count(b".") != 2:
        raise Refused("it is no compact JWS of sane length")
    try:
        header, payload, _signature = map(decoded, jws.split(b"."))
        head = json.loads(header)
        if head.get("alg") != "Ed25519" or not set(head) <= {"alg", "kid", "typ"}:
            raise Refused("its header is not allowed")  # before any key is touched
        key = keys[head["kid"]]
        jose.deserialize_compact(jws, OKPKey.import_key(key), algorithms=["Ed25519"])
        return key, json.loads(payload)
    except KeyError:
        raise Refused("its key is not trusted") from None
    except JoseError:
        raise Refused("its signature does not hold") from None
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise Refused("it cannot be read") from None


class Chain:
    """The records of one box, one JWS a line in a file; the last is the head.

    Where the last is a rotation, `turned` is the key that it named: that one opens the next epoch.
    `dropped` is what the box gave up on a full disk and signed for: it never comes.
    """

    def __init__(self, path: Path) -> None:
        """Take up what the file holds; a line that a power cut tore was never receipted."""
        self.path, self.head = path, GENESIS
        self.held: dict[tuple[int, int], str] = {}
        self.signer: dict[int, str] = {}
        self.dropped: list[dict[str, Any]] = []
        self.turned: str | None = None
        self.named: dict[str, dict[str, Any]] = {}
        content = path.read_bytes() if path.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            os.truncate(path, len(whole))
        for jws in whole.splitlines():
            message = json.loads(decoded(jws.split(b".")[1]))
            self._hold(jws, message, json.loads(decoded(jws.split(b".")[0]))["kid"])

    def take(self, jws: bytes, message: dict[str, Any], kid: str) -> str:
        """Keep a record if it comes next: it is on the disk when this returns."""
        data = message["data"]
        epoch, seq, digest = data["epoch"], data["seq"], hashlib.sha256(jws).hexdigest()
        known = self.held.get((epoch, seq))
        if known is not None and known != digest:
            raise Refused("another record of this box stands at its place: the chain is forked")
        if known is not None:
            return "again"
        if self.signer.get(epoch, kid) != kid:
            raise Refused("its key is not that of its epoch")
        if message["type"] == DROP:  # it comes before its place, when a gap is to be explained
            spans = [span for span in data["spans"] if span["first"] <= span["last"]]
            self.dropped += [s for s in spans if (s["epoch"], s["last"]) < (epoch, seq)]
        self._pass_dropped()
        last_epoch, last_seq, last = self.head
        opens_epoch = (epoch, seq) == (last_epoch + 1, 1)
        if opens_epoch and data["prev"] == last and kid != self.turned:
            raise Refused("it opens an epoch, and no rotation named its key")
        follows = opens_epoch if self.turned else (epoch, seq) == (last_epoch, last_seq + 1)
        if not follows:
            return "gap"  # the box sends it again, once what is missing has its receipt
        if data["prev"] != last:
            raise Refused("it does not follow the record before it")
        if message["type"] == ROTATION:
            self._check_rotation(data)
        with self.path.open("ab") as file:
            file.write(jws + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._hold(jws, message, kid)
        return "stored"

    def _pass_dropped(self) -> None:
        """Go on behind what was dropped: the record after it names the hash of its last one."""
        epoch, seq, _ = self.head
        for span in self.dropped:
            if span["epoch"] == epoch and span["first"] <= seq + 1 <= span["last"]:
                self.head = (epoch, span["last"], span["last_sha256"])
                return self._pass_dropped()

    def _check_rotation(self, data: dict[str, Any]) -> None:
        key = data["key"]
        kid = OKPKey.import_key({name: key[name] for name in ("kty", "crv", "x")}).thumbprint()
        if data["next_epoch"] != data["epoch"] + 1 or key["kid"] != kid:
            raise Refused("its rotation is not valid")
        if kid in (*self.signer.values(), *self.named):
            raise Refused("it turns to a key that was used before")

    def _hold(self, jws: bytes, message: dict[str, Any], kid: str) -> None:
        data, digest = message["data"], hashlib.sha256(jws).hexdigest()
        self.head = (data["epoch"], data["seq"], digest)
        self.held[data["epoch"], data["seq"]] = digest
        self.signer[data["epoch"]] = kid
        self.turned = data["key"]["kid"] if message["type"] == ROTATION else None
        if self.turned:
            self.named[self.turned] = {**data["key"], "box": data["box"]}


def receipt(box: str, chain: Chain, signing: OKPKey) -> bytes:
    """Return the signed word that everything of a box up to its head is stored."""
    epoch, seq, digest = chain.head
    stored_at = datetime.now(UTC).isoformat()
    word = {"box": box, "epoch": epoch, "seq": seq, "sha256": digest, "stored_at": stored_at}
    header = {"alg": "Ed25519", "kid": signing.thumbprint()}
    payload = json.dumps(word).encode()
    return jose.serialize_compact(header, payload, signing, algorithms=["Ed25519"]).encode()


class Receiver:
    """Keeps one chain for each box, and answers for it."""

    def __init__(self, keys: dict[str, dict[str, Any]], signing: OKPKey, out: Path) -> None:
        """Take up the chains in a folder, and the keys that their rotations named."""
        self.keys, self.signing, self.out = keys, signing, out
        self.chains = {path.stem: Chain(path) for path in out.glob("*.jws")}
        for chain in self.chains.values():
            self.keys = {**chain.named, **self.keys}

    def hear(self, client: mqtt.Client, topic: str, jws: bytes) -> str:
        """Judge one message, answer if there is something to answer, and say what became of it."""
        found = TOPIC.fullmatch(topic)
        if found is None or found[2] in ("status", "receipt"):
            return ""
        box, kind = found.groups()
        try:
            key, message = verify(jws, self.keys)
            named = message["type"].removeprefix("anpr-edge.").removesuffix(".v1")
            if (key["box"], named) != (box, kind):
                raise Refused("it belongs to another topic")
            data = message["data"]
            if data["box"] != box:
                raise Refused("it speaks for another box")
            if box not in self.chains:
                self.chains[box] = Chain(self.out / f"{box}.jws")
            chain = self.chains[box]
            became = chain.take(jws, message, key["kid"])
            self.keys = {**chain.named, **self.keys}
        except Refused as e:
            return f"refused {topic}: {e}"
        except (AttributeError, KeyError, TypeError, ValueError):
            return f"refused {topic}: it is no message of a box"
        if became != "gap":  # a record that comes again says that its receipt was lost
            client.publish(f"anpr/v1/{box}/receipt", receipt(box, chain, self.signing), qos=1)
        return f"{became} {box} {data['epoch']}/{data['seq']} {kind}"


def say(line: str) -> None:
    """Tell what became of a message; of a status there is nothing to tell."""
    if line:
        print(line, flush=True)


def main() -> None:
    """Receive until stopped."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("keys", "signing", "out"):
        options.add_argument(f"--{name}", type=Path, required=True)
    options.add_argument("--host", default="localhost")
    options.add_argument("--port", type=int, default=1883)
    for name in ("ca", "cert", "key"):
        options.add_argument(f"--{name}", help="for a broker with TLS and client certificates")
    given = options.parse_args()

    keys = {key["kid"]: key for key in json.loads(given.keys.read_text())["keys"]}
    given.out.mkdir(parents=True, exist_ok=True)
    receiver = Receiver(keys, OKPKey.import_key(given.signing.read_bytes()), given.out)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="example-platform-python")
    if given.ca:
        client.tls_set(given.ca, given.cert, given.key)
    client.on_connect = lambda c, *_: c.subscribe("anpr/v1/+/+", qos=1)
    client.on_subscribe = lambda *_: say("listening")
    client.on_message = lambda c, _, m: say(receiver.hear(c, m.topic, bytes(m.payload)))
    client.connect(given.host, given.port)
    client.loop_forever()


if __name__ == "__main__":
    main()
