"""A pass of the platform opens one box for an hour at most, once, and by a clock that is right."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from edge.errors import RecordError
from edge.feed.receipts import sign_receipt
from edge.record.keys import create_signer, load_public, load_signer
from edge.record.message import Receipt
from edge.record.panelpass import Pass, open_pass, sign_pass
from edge.record.signer import FileSigner
from tests.booth import Booth
from tests.fakes import FixedClock
from tools.panel_pass import panel_pass


def issued(**changed: Any) -> Pass:
    now = int(datetime.now(UTC).timestamp())
    told: dict[str, Any] = {
        "use": "panel",
        "aud": "b1",
        "sub": "j.jansen",
        "iat": now - 5,
        "exp": now + 600,
        "jti": secrets.token_hex(16),
    }
    return Pass(**told | changed)


@pytest.fixture
def platform(stand: Booth) -> FileSigner:
    return load_signer(stand.settings.path.parent / "platform.pem")


def enter(stand: Booth, word: str) -> int:
    return stand.caller().ask("/login", {"pass": f"\n {word} \n"})[0]


def test_a_pass_opens_the_panel_once_and_its_name_is_on_the_trail(
    stand: Booth, platform: FileSigner
) -> None:
    word = sign_pass(issued(), platform)
    assert enter(stand, word) == 303
    assert enter(stand, word) == 403
    assert [(d["action"], d["by"]) for d in stand.deeds()] == [
        ("login", "token:j.jansen"),
        ("login_refused", "nobody"),
    ]


def test_the_tool_makes_a_pass_that_opens(stand: Booth) -> None:
    key = str(stand.settings.path.parent / "platform.pem")
    told = CliRunner().invoke(panel_pass, ["--signing", key, "--box", "b1", "--name", "J. de Wit"])
    assert enter(stand, told.output.strip()) == 303
    refused = CliRunner().invoke(panel_pass, ["--signing", key, "--box", "b1", "--name", "<b>"])
    assert isinstance(refused.exception, RecordError)


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "b2"},
        {"exp": 1},
        {"iat": 4_000_000_000, "exp": 4_000_000_100},
        {"exp": 10**18},
        {"iat": 0},
    ],
)
def test_a_pass_of_another_box_or_time_is_refused(
    stand: Booth, platform: FileSigner, changed: dict[str, Any]
) -> None:
    assert enter(stand, sign_pass(issued(**changed), platform)) == 403


def test_neither_another_key_nor_another_word_of_the_platform_is_a_pass(
    stand: Booth, platform: FileSigner, tmp_path: Any
) -> None:
    other = create_signer(tmp_path / "other.pem", None)
    receipt = Receipt(box="b1", epoch=1, seq=1, sha256="0" * 64, stored_at=datetime.now(UTC))
    nameless = msgspec.json.encode(issued()).replace(b"j.jansen", b"<script>")
    words = (
        sign_pass(issued(), other),
        sign_receipt(receipt, platform).decode(),
        platform.sign(nameless).decode(),
        "x.y.z",
        "é" * 100,
    )
    assert {enter(stand, word) for word in words} == {403}


def test_a_storm_of_passwords_keeps_nobody_out_who_has_a_pass(
    stand: Booth, platform: FileSigner
) -> None:
    for _ in range(40):
        stand.parts.throttle.fail("127.0.0.1")
    assert stand.caller().log_in() == 429
    assert enter(stand, sign_pass(issued(), platform)) == 303


def test_a_used_pass_is_not_revived_by_a_clock_that_is_set_back(
    stand: Booth, platform: FileSigner
) -> None:
    assert isinstance(stand.parts.clock, FixedClock)
    clock, now = stand.parts.clock, stand.parts.clock.now
    first = sign_pass(issued(), platform)
    second = sign_pass(issued(exp=int(now.timestamp()) + 3000), platform)
    assert enter(stand, first) == 303
    clock.now = now + timedelta(minutes=20)  # beyond the end of the first
    assert enter(stand, second) == 303
    clock.now = now
    assert enter(stand, first) == 403


def test_a_clock_that_nobody_trusts_judges_no_pass(stand: Booth, platform: FileSigner) -> None:
    key = load_public(stand.settings.path.parent / "platform.jwk")
    word, now = sign_pass(issued(), platform).encode(), datetime.now(UTC)
    assert open_pass(word, "b1", key, FixedClock(now).read()).sub == "j.jansen"
    with pytest.raises(RecordError, match="clock"):
        open_pass(word, "b1", key, replace(FixedClock(now).read(), trusted=False))
    with pytest.raises(RecordError, match="now"):
        open_pass(word, "b1", key, FixedClock(now + timedelta(minutes=11)).read())
