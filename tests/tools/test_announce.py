import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.errors import FeedError
from edge.feed.session import Arrived, Role, Session
from edge.feed.topics import UPDATES
from tests.mosquitto import Mosquitto, free_port, wait_for
from tests.mosquitto import broker as broker
from tools.announce import announce, hint_at, main

NOW = datetime(2028, 6, 1, 8, tzinfo=UTC)


@pytest.fixture
def acl_broker(broker: Mosquitto, tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that lets everyone hear the hint and no one give it."""
    (tmp_path / "acl").write_text(f"topic read {UPDATES}\n")
    found = Mosquitto(broker._program, tmp_path, f"acl_file {tmp_path}/acl")
    found.start()
    yield found
    found.kill()


def test_the_hint_stays_at_the_broker_for_who_comes_later(broker: Mosquitto) -> None:
    result = CliRunner().invoke(announce, ["--host", broker.host, "--port", str(broker.port)])
    assert result.exit_code == 0
    session = Session.open(broker, Role("late", UPDATES))
    got: list[bytes] = []

    def heard() -> bool:
        got.extend(i.payload for i in session.receive(0.1) if isinstance(i, Arrived))
        return bool(got)

    wait_for(heard, "the hint")
    session.close()
    assert got[0].decode() in result.output


def test_two_hints_are_never_the_same(broker: Mosquitto) -> None:
    first = hint_at(broker, "announcer", NOW)
    assert hint_at(broker, "announcer", NOW.replace(microsecond=1)) != first


def test_a_broker_that_lets_nobody_hint_is_told(acl_broker: Mosquitto) -> None:
    with pytest.raises(FeedError, match="did not hand the hint out"):
        hint_at(acl_broker, "announcer", NOW, within_s=0.5)


def test_a_broker_that_is_not_there_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port = str(free_port())
    monkeypatch.setattr(sys, "argv", ["announce", "--host", "127.0.0.1", "--port", port])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("announce: No connection to the broker")
