"""A storm of any kind fills no log, and no line that this software writes can name a plate."""

import ast
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.daemon import sparing
from edge.daemon.sparing import KINDS, MOST, WINDOW_S, Sparing, write_log
from tests.cases import passage
from tests.conftest import REPOSITORY
from tests.edge.test_fail_safe import PLATE, Box

DAY_S = 86400.0
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
DEVICE_S_WORDS = {"caretaker.py"}
"""A device sees no picture: what it says of itself may be quoted."""
PRIVATE = {"plate", "text", "plates", "texts", "pseudonym", "candidates", "read_as", "image", "key"}


class Told(logging.Handler):
    """Keeps what would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Log:
    """A log with time of its own."""

    def __init__(self) -> None:
        self.seconds, self.told = 0.0, Told()
        self.told.addFilter(Sparing(lambda: self.seconds))
        self.log = logging.Logger("edge.daemon.test")
        self.log.addHandler(self.told)

    @property
    def lines(self) -> list[str]:
        return self.told.lines


@pytest.fixture
def log() -> Log:
    return Log()


def test_what_comes_now_and_then_is_all_written(log: Log) -> None:
    for n in range(MOST - 1):
        log.log.warning("record %d", n)
    assert log.lines == [f"record {n}" for n in range(MOST - 1)]


def test_three_days_of_a_storm_are_some_thousand_lines_and_none_is_lost_untold(log: Log) -> None:
    storm = 3 * 24 * 360  # every ten seconds
    for n in range(storm):
        log.seconds = n * 10.0
        for _ in range(20):
            log.log.warning("receipt refused: %s", "garbled")
    windows = 3 * DAY_S / WINDOW_S
    assert len(log.lines) <= MOST * (windows + 1)
    assert log.lines[MOST - 1].endswith("left out for a while)")
    left_out = sum(int(x.split("(")[1].split()[0]) for x in log.lines if "were left" in x)
    last = 20 * int(WINDOW_S / 10)
    assert left_out + len(log.lines) >= 20 * storm - last


def test_one_storm_hides_no_other_line(log: Log) -> None:
    for _ in range(1000):
        log.log.warning("receipt refused: %s", "garbled")
    log.log.error("the disk is full")
    assert log.lines[-1] == "the disk is full"


@given(st.lists(st.text(max_size=20), max_size=600), st.floats(0, 3))
def test_lines_that_are_worded_anew_each_time_are_bounded_as_well(
    words: list[str], step_s: float
) -> None:
    log = Log()
    for said in words * 3:
        log.seconds += step_s
        log.log.warning(said.replace("%", ""))
    windows = len(words) * 3 * step_s // WINDOW_S + 1
    assert len(log.lines) <= (KINDS + 1) * MOST * windows


def test_a_thousand_looks_at_a_damaged_record_are_a_handful_of_lines(
    tmp_path: Path, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.feed.outbox.log", log.log)
    box = Box(tmp_path)
    box.pipeline.conclude(passage(PLATE))
    with closing(sqlite3.connect(tmp_path / "outbox.sqlite")) as db, db:
        db.execute("UPDATE records SET sealed = x'00'")
    for n in range(1000):
        log.seconds = n * 0.25
        box.pipeline.outbox.pending(None, 1)
    assert MOST <= len(log.lines) < 2 * MOST
    box.stop()


def test_the_log_of_a_daemon_is_sparing_once(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Told()
    root = logging.Logger("root")
    root.addHandler(handler)
    monkeypatch.setattr(sparing.logging, "getLogger", lambda *_: root)
    monkeypatch.setattr(sparing.logging, "basicConfig", lambda **_: None)
    for _ in range(2):
        write_log()
    assert [type(known) for known in handler.filters] == [Sparing]


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in sorted((REPOSITORY / "edge").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            of = node.func.value
            if (
                node.func.attr in LEVELS
                and isinstance(of, ast.Name)
                and of.id in {"log", "logging"}
            ):
                yield path, node


def test_every_line_has_fixed_words_and_no_value_that_names_a_vehicle() -> None:
    found = list(calls())
    assert len(found) > 20
    for path, call in found:
        where = f"{path.name}:{call.lineno}"
        assert isinstance(call.args[0], ast.Constant), where  # the kind of line is its words
        for argument in call.args[1:] if path.name not in DEVICE_S_WORDS else ():
            names = {n.attr for n in ast.walk(argument) if isinstance(n, ast.Attribute)}
            assert not names & PRIVATE, (where, names)
