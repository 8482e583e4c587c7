"""The file that says where a vulnerability is reported: RFC 9116, and never too old."""

import re
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from edge.cli.main import VERBS
from tests.conftest import REPOSITORY
from tools import make_security_txt as module
from tools.make_security_txt import main

MADE_S = 1_795_910_400
CONTACT = ["--contact", "mailto:security@zone.example"]
FIELD = re.compile(r"^(Contact|Policy|Canonical|Expires|Preferred-Languages): (\S.*)$")


def printed(*orders: str) -> list[tuple[str, str]]:
    done = CliRunner().invoke(main, [*CONTACT, *orders])
    assert done.exit_code == 0, done.output
    assert done.output.endswith("\n")
    found = [FIELD.match(line) for line in done.output.splitlines()]
    assert all(found)
    return [(line[1], line[2]) for line in found if line]


@pytest.fixture(autouse=True)
def dated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(MADE_S))


def test_it_has_what_the_rfc_asks_for_and_expires_within_a_year() -> None:
    fields = dict(printed())
    assert fields["Contact"] == "mailto:security@zone.example"
    expires = datetime.fromisoformat(fields["Expires"])
    made = datetime.fromtimestamp(MADE_S, UTC)
    assert made + timedelta(days=300) < expires < made + timedelta(days=365)
    assert [name for name, _ in printed()].count("Expires") == 1


def test_contacts_keep_their_order_and_the_policy_is_named() -> None:
    policy = "https://zone.example/policy"
    other = "https://zone.example/report"
    fields = printed("--contact", other, "--policy", policy)
    assert [uri for name, uri in fields if name == "Contact"] == [CONTACT[1], other]
    assert ("Policy", policy) in fields


def test_it_is_the_same_each_time_and_follows_the_date_of_the_commit_without_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert printed() == printed()
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    command = ["git", "log", "-1", "--format=%ct"]
    said = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if said.returncode != 0:
        pytest.skip("no clone of the repository here")
    committed = datetime.fromtimestamp(int(said.stdout), UTC)
    assert datetime.fromisoformat(dict(printed())["Expires"]) == committed + module.VALID


@pytest.mark.parametrize(
    "given",
    ["security@zone.example", "http://zone.example", "mailto:a@b.example\nExpires:never", ""],
)
def test_what_is_no_address_is_refused_in_a_sentence(given: str) -> None:
    done = CliRunner().invoke(main, ["--contact", given])
    assert done.exit_code == 2
    assert "is no address" in done.output


def test_without_a_contact_there_is_no_file() -> None:
    assert CliRunner().invoke(main, []).exit_code == 2


def test_a_build_without_a_date_is_refused_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    done = CliRunner().invoke(main, CONTACT)
    assert done.exit_code == 1
    assert "Set SOURCE_DATE_EPOCH" in done.output


def test_the_policy_names_only_files_and_commands_that_are_there() -> None:
    policy = (REPOSITORY / "SECURITY.md").read_text()
    links = re.findall(r"\]\(([^)#]+)", policy)
    verbs = set(re.findall(r"`anpr-edge ([a-z]+)", policy))
    targets = set(re.findall(r"(?:`|    )make ([a-z-]+)", policy))
    makefile = (REPOSITORY / "Makefile").read_text()
    assert links
    assert targets
    assert all((REPOSITORY / link).exists() for link in links)
    assert verbs <= set(VERBS)
    assert all(f"\n{target}:" in makefile for target in targets)
