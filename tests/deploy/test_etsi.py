"""The page on ETSI EN 303 645 has every provision once, and names only tests that are there."""

import ast
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from edge.provision.label import PAGE
from tests.conftest import REPOSITORY
from tests.systemd.units import FOLDER, SERVICES, settings, values

DOCUMENT = REPOSITORY / "deploy" / "ETSI-EN-303-645.md"
CLAUSES = {
    **{"5.1": 5, "5.2": 3, "5.3": 16, "5.4": 4, "5.5": 8, "5.6": 9, "5.7": 2, "5.8": 3},
    **{"5.9": 3, "5.10": 1, "5.11": 4, "5.12": 3, "5.13": 1, "6": 5},
}
"""How many provisions each clause of V2.1.1 has."""
PROVISIONS = [f"{clause}-{n}" for clause, most in CLAUSES.items() for n in range(1, most + 1)]
MET = ("yes", "partly", "no", "n/a")
STATUS = re.compile(r"[MR]( C)?( \(\d+(, \d+)*\))?\Z")
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
SECRETS = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{40}"
    rb"|AGE-SECRET-KEY-1[A-Z0-9]{58}"
    rb'|"d"\s*:\s*"[A-Za-z0-9_-]{43}"'
)


@dataclass(frozen=True, slots=True)
class Row:
    """One provision as the page has it."""

    provision: str
    status: str
    asks: str
    met: str
    how: str
    tests: str

    @property
    def named(self) -> list[tuple[str, str]]:
        """The tests: file and function, which may be empty."""
        return TEST.findall(self.tests)


def rows() -> list[Row]:
    """Return every row that begins with the number of a provision."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return [Row(*row) for row in cells if re.match(r"[56](\.\d+)?-\d+\Z", row[0])]


ROWS = rows()
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.provision)


def test_each_provision_has_one_row_in_its_order() -> None:
    assert [row.provision for row in ROWS] == PROVISIONS


@pytest.mark.parametrize("kind", ["mandatory", "recommended"])
def test_the_figures_at_the_top_are_those_of_the_rows(kind: str) -> None:
    found = Counter(row.met for row in ROWS if row.status.startswith(kind[0].upper()))
    figures = " | ".join(str(found[met]) for met in MET)
    assert f"\n| {kind} | {figures} |\n" in DOCUMENT.read_text(encoding="utf-8")


@each_row
def test_a_row_is_filled_in(row: Row) -> None:
    assert STATUS.match(row.status), row.status
    assert row.asks
    assert row.how
    assert row.met in MET


@each_row
def test_what_is_not_met_says_what_is_missing_and_what_has_no_test_says_why(row: Row) -> None:
    assert ("**Missing**: " in row.how) == (row.met in {"partly", "no"})
    assert row.named or "**Missing**: " in row.how or "**Reason**" in row.how
    assert row.named or row.tests == "—"


@each_row
def test_nothing_is_not_applicable_that_the_standard_asks_of_everybody(row: Row) -> None:
    assert row.met != "n/a" or (" C " in row.status and "**Reason**: " in row.how)


@each_row
def test_every_test_that_is_named_is_there_and_named_once(row: Row) -> None:
    assert row.tests == "—" or TEST.sub("", row.tests).strip(", ") == ""
    assert not [name for name, times in Counter(row.named).items() if times > 1]
    for file, function in row.named:
        assert (REPOSITORY / file).is_file(), file
        assert not function or function in functions_of(REPOSITORY / file), f"{file}::{function}"


@cache
def functions_of(path: Path) -> frozenset[str]:
    """Return the names of the tests of a file."""
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    functions = (node.name for node in tree if isinstance(node, ast.FunctionDef))
    return frozenset(name for name in functions if name.startswith("test_"))


def test_no_file_of_the_repository_holds_a_private_key() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True)
    if listed.returncode:
        pytest.skip("this is no checkout of git")
    names = [name for name in listed.stdout.decode().split("\0") if name]
    files = [REPOSITORY / name for name in names if (REPOSITORY / name).is_file()]
    assert files
    assert [str(path) for path in files if SECRETS.search(path.read_bytes())] == []


def test_a_private_key_would_be_found() -> None:
    body = "A" * 64
    assert SECRETS.search(f"-----BEGIN EC PRIVATE KEY-----\n{body}\n".encode())
    assert SECRETS.search(f"AGE-SECRET-KEY-1{body[:58]}".encode())
    assert SECRETS.search(f'{{"kty":"OKP","d":"{body[:43]}"}}'.encode())


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.stem)
def test_no_service_but_the_panel_may_listen_to_a_network(unit: Path) -> None:
    found = set(settings(unit))
    closed = {("PrivateNetwork", "yes"), ("SocketBindDeny", "any")} & found
    allowed = ["ipv4:tcp:8443"] if unit.stem == "anpr-panel" else []
    assert closed
    assert values(unit, "SocketBindAllow") == allowed


def test_a_box_looks_for_updates_after_its_start_and_every_hour() -> None:
    timer = dict(settings(FOLDER / "anpr-sync.timer"))
    assert (timer["OnBootSec"], timer["OnUnitInactiveSec"]) == ("2min", "1h")
    assert timer["RandomizedDelaySec"] == "10min"  # not all boxes in one moment
    preset = (FOLDER / "80-anpr-edge.preset").read_text().splitlines()
    assert "enable anpr-sync.timer" in preset


def test_the_label_names_box_software_and_key() -> None:
    for name in ("{box}", "{software}", "{fingerprint}"):
        assert name in PAGE


def test_the_handbook_says_how_everything_is_deleted() -> None:
    told = (REPOSITORY / "deploy" / "INSTALL.md").read_text(encoding="utf-8")
    removal = told.partition("## Remove")[2].partition("\n## ")[0]
    assert "apt purge anpr-edge" in removal
    assert "records and pictures" in removal
