"""Attacks by what stands on a plate, or where a name should: it is text, wherever it goes."""

import json
import sqlite3
import string
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from edge.access.desk import desk_passage
from edge.capture.clip import ImageFolder
from edge.cli.records import records
from edge.cli.staged import line_of
from edge.daemon.pipeline import Conclusion
from edge.errors import FeedError
from edge.feed.spool import SpoolPublisher, batches
from edge.feed.topics import topic
from edge.record.chain import next_link
from edge.record.envelope import Flaw, RefusedError, decode_part, split, verify
from edge.record.keys import load_trusted
from edge.record.message import PassageRecord, ResolutionRecord, decode
from edge.registry.cache import RegistryCache
from edge.registry.token import token
from edge.replay.report import write_report
from edge.replay.session import Played
from edge.types import Envelope
from tests.cases import T0
from tests.chains import Pen, alarm
from tests.edge.access.world import DIRTY_VAN
from tests.site import Site
from tests.tools.registry_orders import KEY, registry
from tools.receive.growth import Verdict
from tools.receive.listen import ingest
from tools.receive.store import Store

HOSTILE = [
    "'; DROP TABLE records; --",
    "1' OR '1'='1",
    '"; DELETE FROM held; --',
    "x'00'",
    "%_?:1@p$1",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "</span><!--",
    "&lt;b&gt;",
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    "C:\\CON",
    "a/b",
    "+/#",
    "#",
    "$SYS/broker",
    "anpr/v1/box-2/passage",
    "0\x00",
    "1\n.\r\n",
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m",
    "\u202e999ZZZ1\u2066",
    "[/bold][red]",
    "\\",
    "=cmd|' /C calc'!A0",
    "-rf",
    "ZZ" * 5000,
    "\U0001f697\u0130\ufb01",
]
ANY = st.sampled_from(HOSTILE) | st.text(max_size=40)
FEW = settings(max_examples=60, deadline=None)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.stop()


def released(site: Site) -> list[Envelope]:
    """Let every hostile plate pass, be held, and be released with its text."""
    site.registry.vehicles = dict.fromkeys(HOSTILE, DIRTY_VAN)
    for plate in HOSTILE:
        site.passes(plate)
    site.later()
    assert len(site.release.round(None)) == len(HOSTILE)
    return site.chain()


def tables(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as db:
        found = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {n: db.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0] for (n,) in found}


def told(chain: list[Envelope]) -> list[str]:
    """The plates that the records of a chain tell."""
    found = [decode(decode_part(split(envelope.jws)[1])).data for envelope in chain]
    ended = [record.plate for record in found if isinstance(record, ResolutionRecord)]
    return [plate.text for plate in ended if plate is not None and plate.text is not None]


def test_attack_hostile_plates_into_sql(site: Site, tmp_path: Path) -> None:
    """Casebook, outbox and the platform's database hold each as it is, and lose no table."""
    before = tables(tmp_path / "casebook.sqlite"), tables(tmp_path / "outbox.sqlite")
    chain = released(site)
    assert told(chain) == HOSTILE
    assert tables(tmp_path / "casebook.sqlite").keys() == before[0].keys()
    after = tables(tmp_path / "outbox.sqlite")
    kinds = {"passage", "resolution"}
    assert after == {**before[1], "records": 2 * len(HOSTILE), "written": len(kinds)}
    keyring = load_trusted(tmp_path / "box.jwk")
    with Store.open(tmp_path / "received.sqlite", lambda: keyring) as store:
        held = tables(tmp_path / "received.sqlite").keys()
        assert {*store.take([("b1", e.jws) for e in chain])} == {Verdict.STORED}
        assert store.total() == len(chain)
    assert tables(tmp_path / "received.sqlite").keys() == held
    site.proven()


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryCache]:
    with RegistryCache.open(registry(tmp_path_factory.mktemp("registry")), KEY) as opened:
        yield opened


@given(plate=ANY, country=st.sampled_from(["NL", "BE", "DE", "'--", ""]))
@FEW
def test_attack_hostile_plates_into_sql_of_the_registry(
    cache: RegistryCache, plate: str, country: str
) -> None:
    """A look-up is by number: whatever the plate says, it is a vehicle that nobody knows."""
    assert 0 <= token(KEY, country, plate) < 2**63
    facts = cache.facts(replace(desk_passage(country, T0, plate), doubt=None))
    assert (facts.vehicle, facts.exemptions, facts.fault) == (None, (), None)


class Parsed(HTMLParser):
    """The elements of a page, their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.sources: list[str] = []
        self.comments: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def report(site: Site, folder: Path, plates: list[str]) -> str:
    """Write the report of a replay in which these plates went by."""
    pictures = folder / "pictures"
    pictures.mkdir()
    cv2.imwrite(str(pictures / "1.png"), np.zeros((90, 160, 3), np.uint8))
    conclusions = tuple(concluded(site, plate) for plate in plates)
    write_report(
        folder / "report.html",
        [Played(ImageFolder(pictures, T0), 1, 1.0, conclusions)],
        [None],
    )
    return (folder / "report.html").read_text(encoding="utf-8")


def concluded(site: Site, plate: str) -> Conclusion:
    found = site.passes(plate)
    passage = replace(found.passage, country=plate, lane=plate, chars=(0.5,) * len(plate))
    return replace(found, passage=passage, decision=replace(found.decision, reason=plate))


def test_attack_hostile_plates_into_html(site: Site, tmp_path: Path) -> None:
    """The report shows each as text: no element, attribute or comment is theirs."""
    (tmp_path / "plain").mkdir()
    (tmp_path / "hostile").mkdir()
    short = [plate for plate in HOSTILE if len(plate) < 100]
    plain = Parsed(report(site, tmp_path / "plain", ["1ZZZ999"]))
    hostile = Parsed(report(site, tmp_path / "hostile", short))
    assert hostile.elements <= plain.elements
    assert hostile.attributes <= plain.attributes
    assert hostile.comments == []
    assert "script" not in hostile.elements
    assert all(source.startswith("data:image/jpeg;base64,") for source in hostile.sources)
    assert "<script>alert(1)</script>" in hostile.text
    assert "{{ 7 * 7 }}" in hostile.text


NAMES = [name for name in HOSTILE if name != "ZZ" * 5000]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_attack_hostile_names_into_topics(name: str) -> None:
    """No box and no kind has a name that reaches into another topic: none is sent or taken."""
    for box, kind in (("box-1", name), (name, "alarm")):
        with pytest.raises(FeedError):
            topic(box, kind)
    pen = Pen("box-1")
    message = alarm(next_link(None), "box-1")
    said = msgspec.json.decode(message)
    for forged in (
        said | {"type": f"anpr-edge.{name}.v1"},
        said | {"data": {**said["data"], "box": name}},
    ):
        with pytest.raises(RefusedError) as refused:
            verify(pen.signer.sign(msgspec.json.encode(forged)), pen.keyring)
        assert refused.value.flaw in (Flaw.MESSAGE, Flaw.OTHER_BOX)


def test_attack_hostile_plates_into_topics(site: Site) -> None:
    """Whatever a plate says, its records go to the topics of their kinds."""
    topics = {topic(envelope.box, envelope.kind) for envelope in released(site)}
    assert topics == {"anpr/v1/b1/passage", "anpr/v1/b1/resolution"}


def test_attack_hostile_plates_into_file_names(site: Site, tmp_path: Path) -> None:
    """On a stick, and in the answer to it, no name is theirs."""
    chain = released(site)
    publisher = SpoolPublisher(tmp_path / "stick", "b1", batch_records=7)
    for envelope in chain:
        publisher.publish(envelope)
    publisher.close()
    plain = set(string.ascii_lowercase + string.digits + ".-")
    names = [path.name for path in (tmp_path / "stick").iterdir()]
    assert len(names) == -(-len(chain) // 7)
    assert all(set(name) <= plain and name.startswith("b1-1-") for name in names)


@pytest.mark.parametrize("box", ["..", "...", "-", "b1\n", "\x1b[2J", "%2e%2e%2f"], ids=ascii)
def test_attack_hostile_names_into_file_names(site: Site, tmp_path: Path, box: str) -> None:
    """A stick whose files call their box something else: nothing is written beside it."""
    stick = tmp_path / "stick"
    publisher = SpoolPublisher(stick, "b1")
    publisher.publish(site.passes().envelope)  # type: ignore[arg-type]
    publisher.close()
    (batch,) = batches(stick)
    batch.path.rename(stick / f"{box}-1-1-1.jws")
    keyring, before = load_trusted(tmp_path / "box.jwk"), {*tmp_path.rglob("*")}
    with Store.open(tmp_path / "received.sqlite", lambda: keyring) as store:
        ingest(store, Pen("platform").signer, stick)
        assert store.total() == 0
    new = {path.name for path in {*tmp_path.rglob("*")} - before}
    assert all(name.startswith("received.sqlite") for name in new)


def shown(text: str) -> set[str]:
    """The characters of a text that a terminal obeys or hides."""
    return {letter for letter in text if not letter.isprintable() and letter != "\n"}


def test_attack_hostile_plates_on_a_terminal(site: Site, tmp_path: Path) -> None:
    """A terminal of an auditor or a tester shows them, and does as it is told by nobody else."""
    chain = released(site)
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"".join(envelope.jws + b"\n" for envelope in chain))
    for envelope in chain:
        said = CliRunner().invoke(records, ["show", str(path), str(envelope.seq)])
        assert said.exit_code == 0
        assert shown(said.output) == set()
        assert json.loads(said.output)["data"]["seq"] == envelope.seq
    for plate in HOSTILE:
        out = StringIO()
        Console(file=out, width=20_000, force_terminal=False).print(line_of(concluded(site, plate)))
        assert shown(out.getvalue()) == set()
    assert isinstance(decode(decode_part(split(chain[0].jws)[1])).data, PassageRecord)


def test_attack_hostile_names_on_a_terminal(tmp_path: Path) -> None:
    """A list of records proves nothing, so anybody may have written them."""
    pen, path = Pen("box-1"), tmp_path / "records.jsonl"
    with path.open("wb") as file:
        for name in HOSTILE:
            said = msgspec.json.decode(alarm(next_link(None), "box-1"))
            said |= {"time": name, "data": {**said["data"], "alarm": name}}
            file.write(pen.signer.sign(msgspec.json.encode(said)) + b"\n")
    said = CliRunner().invoke(records, ["list", str(path)])
    assert (said.exit_code, len(said.output.split("box-1  1  1  alarm"))) == (0, len(HOSTILE) + 1)
    assert shown(said.output) == set()
