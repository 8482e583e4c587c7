"""What somebody on the access point may try, each against the real server."""

import errno
import http.client
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit

import h11
import msgspec
import pytest

from edge import __version__
from edge.errors import ReportError
from edge.panel import throttle
from edge.panel.gate import MOST, MOST_OF_ONE, Gate
from edge.panel.guard import MAX_BODY
from edge.panel.serve import WITHIN_S, ImpatientProtocol
from edge.panel.throttle import ALL_FREE, FREE
from tests.booth import PASSAGE, PASSWORD, Booth, Caller

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
POSTS = [
    *("/logout", "/road/change", "/road/apply", "/road/back", "/service/stick", "/service/log"),
    *("/commission/begin", "/commission/step", "/commission/run", "/commission/finish"),
    *("/live/light/switch", "/live/light/anew"),
]
GETS = [
    *("/", "/live", "/live.mjpg", "/live.json", "/still.jpg", "/road", "/service"),
    *("/live/light", "/live/light.json"),
    *("/commission", "/commission/run.json", "/commission/report.pdf", "/commission/report.html"),
]


def test_a_storm_of_passwords_is_slowed_down_and_leaves_a_trail_that_has_an_end(
    stand: Booth,
) -> None:
    answers = [stand.caller().log_in(f"guess {n}") for n in range(40)]
    assert answers[: FREE + 1] == [403] * (FREE + 1)
    assert answers.count(429) > 30  # a slow machine lets a pause or two go by
    assert set(stand.actions()) == {"login_refused"}
    assert stand.caller().log_in() == 429  # the right one must wait as long as any


def test_a_storm_from_many_addresses_is_slowed_down_too() -> None:
    storm = throttle.Throttle(lambda: 100.0)
    waits = [
        (storm.wait_s(f"10.0.{n // 250}.{n % 250}"), storm.fail(f"10.0.{n // 250}.{n % 250}"))[0]
        for n in range(600)
    ]
    assert waits[:ALL_FREE] == [0] * ALL_FREE
    assert all(wait > 0 for wait in waits[ALL_FREE + 1 :])
    assert len(storm._by) == throttle.MOST_ADDRESSES


def test_a_storm_of_bad_passes_slows_no_password_down_and_does_not_fill_the_trail(
    stand: Booth,
) -> None:
    for number in range(ALL_FREE + 8):
        assert stand.caller().ask("/login", {"pass": f"x.y.{number}"})[0] == 403
    assert stand.actions() == ["login_refused"]
    assert stand.caller().log_in() == 303


def test_after_a_storm_from_many_addresses_nobody_waits_for_long() -> None:
    now = [0.0]
    storm = throttle.Throttle(lambda: now[0])
    for n in range(600):
        storm.fail(f"10.0.{n // 250}.{n % 250}")
    assert 0 < storm.wait_s("10.9.9.9") <= throttle.ALL_LONGEST_S
    now[0] += throttle.ALL_LONGEST_S
    assert storm.wait_s("10.9.9.9") == 0


def test_refusals_are_told_at_once_and_then_by_their_number() -> None:
    now = [0.0]
    refusals = throttle.Refusals(lambda: now[0])
    assert [refusals.count("pass") for _ in range(8)] == [1, *[0] * 7]
    assert refusals.count("password") == 1
    now[0] += throttle.TOLD_EVERY_S
    assert refusals.count("pass") == 8  # none is missing


def test_who_waits_may_try_again() -> None:
    now = [0.0]
    slow = throttle.Throttle(lambda: now[0])
    for _ in range(FREE + 3):
        slow.fail("10.0.0.9")
    assert slow.wait_s("10.0.0.9") == 8
    assert slow.wait_s("10.0.0.8") == 0
    now[0] += 8
    assert slow.wait_s("10.0.0.9") == 0
    for _ in range(30):
        slow.fail("10.0.0.9")
    assert slow.wait_s("10.0.0.9") == throttle.LONGEST_S
    now[0] += throttle.FORGOTTEN_S + 1
    assert slow.wait_s("10.0.0.9") == 0


@pytest.mark.parametrize("path", GETS)
def test_nothing_is_shown_to_who_is_not_logged_in(calm: Caller, path: str) -> None:
    status, page, headers = Caller(calm.address).ask(path)
    assert (status, page, headers["location"]) == (303, "", "/login")


@pytest.mark.parametrize("path", POSTS)
def test_a_form_without_its_token_does_nothing(inside: Caller, stand: Booth, path: str) -> None:
    before = stand.actions()
    for csrf in ("", "x" * 43):
        status, page, _ = inside.ask(path, {"csrf": csrf, "number": "0", "drawing": "{}"})
        assert status == 403
        assert "Er is niets gedaan" in page
    assert stand.actions() == before
    assert inside.ask("/")[0] == 200  # still logged in


@pytest.mark.parametrize("path", POSTS)
def test_a_form_of_another_place_does_nothing(inside: Caller, stand: Booth, path: str) -> None:
    csrf, before = inside.csrf(), stand.actions()
    for told in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
        status, _, _ = inside.ask(path, {"csrf": csrf, "number": "0"}, **told)
        assert status == 403
    assert stand.actions() == before


@pytest.mark.parametrize("origin", ["null", "", "https://[", "http://{host}", "https://{host}@x"])
def test_an_origin_that_is_no_place_of_ours_is_refused(
    inside: Caller, stand: Booth, origin: str
) -> None:
    told = origin.format(host=urlsplit(stand.address).netloc)
    status, page, _ = inside.ask("/service/stick", {"csrf": inside.csrf()}, Origin=told)
    assert (status, "Er is niets gedaan" in page) == (403, True)
    assert stand.actions() == ["login"]


def test_a_token_of_another_session_does_nothing(inside: Caller, stand: Booth) -> None:
    other = stand.caller()
    other.log_in()
    assert inside.ask("/service/stick", {"csrf": other.csrf()})[0] == 403


@pytest.mark.parametrize("path", [p for p in POSTS if p != "/road/change"])
def test_nothing_is_done_by_looking(inside: Caller, stand: Booth, path: str) -> None:
    assert inside.ask(path)[0] == 405
    assert stand.actions() == ["login"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/..",
        "/static/nothing.css",
        "/static/../parts.py",
        "/static/..%2fparts.py",
        "/static/%2e%2e/parts.py",
        "/static/....//parts.py",
        "/static//etc/passwd",
        "/static/panel.css/../../parts.py",
        "/static/panel.css%00.js",
        "/../../etc/passwd",
        "/language/..%2f..%2fetc",
    ],
)
def test_no_path_leads_to_another_file(calm: Caller, path: str) -> None:
    target = urlsplit(calm.address)
    context = ssl._create_unverified_context()
    line = http.client.HTTPSConnection(target.hostname or "", target.port, context=context)
    with closing(line):
        line.request("GET", path)
        answer = line.getresponse()
        page = answer.read().decode()
    assert answer.status in {303, 400, 404}
    assert "import" not in page
    assert "root:" not in page


def test_the_language_leads_to_no_other_place(calm: Caller) -> None:
    for back in ("https://evil.example", "//evil.example", "/\\evil.example", "/logout"):
        _, _, headers = Caller(calm.address).ask(f"/language/en?back={back}")
        assert headers["location"] == "/"


def test_a_plate_that_is_markup_stays_text(inside: Caller, stand: Booth) -> None:
    stand.tell(
        passages=(
            msgspec.structs.replace(
                PASSAGE, plate=MARKUP, country=MARKUP, lane=MARKUP, outcome=MARKUP
            ),
        )
    )
    page = inside.ask("/")[1]
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert "<img" not in page


def test_a_reading_that_is_markup_is_masked_and_told_as_json(inside: Caller, stand: Booth) -> None:
    plain, text = stand.road.readings[0], "<b>&</b><i>"
    stand.road.readings = (replace(plain, text=text, chars=(0.9,) * len(text)),)
    told = ""
    while "i>" not in told:
        _, told, headers = inside.ask("/live.json")
    assert headers["content-type"] == "application/json"
    assert "<b" not in told


def test_an_alarm_that_is_markup_stays_text(inside: Caller, stand: Booth) -> None:
    bulletin = stand.told[0].bulletin
    assert bulletin is not None
    stand.tell(bulletin=msgspec.structs.replace(bulletin, alarms={"updates": MARKUP}))
    page = inside.ask("/")[1]
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_an_upload_that_is_too_large_is_refused_before_it_is_read(inside: Caller) -> None:
    said = f"Content-Length: {MAX_BODY + 1}".encode()
    answer = raw(inside, b"POST /road/change HTTP/1.1\r\nHost: x\r\n" + said + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("said", [b"Content-Length: 9999999999", b"Content-Length: 1e9"])
def test_a_length_that_is_a_lie_is_refused(calm: Caller, said: bytes) -> None:
    answer = raw(calm, b"POST /login HTTP/1.1\r\nHost: x\r\n" + said + b"\r\n\r\n")
    assert re.match(rb"HTTP/1.1 (413|400) ", answer)


def test_an_upload_without_a_length_is_refused_once_it_is_too_large(calm: Caller) -> None:
    head = (
        b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    assert raw(calm, head + 3 * chunk).startswith(b"HTTP/1.1 413 ")


def test_a_head_without_an_end_is_refused(calm: Caller) -> None:
    assert raw(calm, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 70_000).startswith(b"HTTP/1.1 4")


def raw(there: Caller, sent: bytes) -> bytes:
    target = urlsplit(there.address)
    context = ssl._create_unverified_context()
    with (
        socket.create_connection((target.hostname, target.port or 0), 20) as line,
        context.wrap_socket(line) as closed,
    ):
        try:
            closed.sendall(sent)
            closed.settimeout(10)
            return bytes(closed.recv(4096))
        except (ConnectionError, ssl.SSLError):
            return b"HTTP/1.1 413 hung up"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x--"),
        ("application/json", b'{"password": "x"}'),
        ("application/x-www-form-urlencoded", b"\xff\xfe=1"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(50))),
    ],
)
def test_what_is_no_form_of_ours_is_refused(calm: Caller, kind: str, body: bytes) -> None:
    assert Caller(calm.address).ask("/login", body, Content_Type=kind)[0] == 400


def test_a_stolen_session_is_dead_after_the_logout(inside: Caller, stand: Booth) -> None:
    thief = stand.caller()
    for cookie in inside.jar:
        thief.jar.set_cookie(cookie)
    assert thief.ask("/")[0] == 200
    assert inside.send("/logout")[0] == 303
    assert thief.ask("/")[2]["location"].startswith("/login")
    assert thief.ask("/live.json")[0] == 303


def test_a_stolen_session_is_dead_after_its_owner_logs_in_anew(
    inside: Caller, stand: Booth
) -> None:
    thief = stand.caller()
    for cookie in inside.jar:
        thief.jar.set_cookie(cookie)
    assert inside.log_in() == 303
    assert thief.ask("/")[0] == 303
    assert inside.ask("/")[0] == 200


def test_a_stream_ends_with_its_session(inside: Caller, stand: Booth) -> None:
    target = urlsplit(stand.address)
    context = ssl._create_unverified_context()
    line = http.client.HTTPSConnection(target.hostname or "", target.port, context=context)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in inside.jar)
    with closing(line):
        line.request("GET", "/live.mjpg", headers={"Cookie": cookies})
        answer = line.getresponse()
        assert answer.read(2000).startswith(b"--frame\r\nContent-Type: image/jpeg")
        assert inside.send("/logout")[0] == 303
        while answer.read(65_536):
            pass  # it ends: otherwise this waits for ever


def test_a_stream_that_nobody_reads_any_more_asks_for_no_frame(
    inside: Caller, stand: Booth
) -> None:
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in inside.jar)
    with spoken(stand.address) as line:
        line.sendall(f"GET /live.mjpg HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\n\r\n".encode())
        while b"image/jpeg" not in line.recv(4096):
            pass
        assert stand.road.window._newest is not None
    until = time.monotonic() + 20  # hung up on, without a word
    while stand.road.window._newest is not None:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_the_cookie_is_for_this_server_alone_and_no_script(stand: Booth) -> None:
    caller = stand.caller()
    _, _, headers = caller.ask("/login", {"password": PASSWORD})
    cookie = headers["set-cookie"]
    assert cookie.startswith("__Host-anpr=")
    flags = {word.strip().lower() for word in cookie.split(";")[1:]}
    assert flags == {"httponly", "secure", "samesite=strict", "path=/"}


@pytest.mark.parametrize("path", ["/login", "/", "/nothing", "/static/panel.css", "/live.json"])
def test_every_answer_has_the_headers_that_keep_others_out(calm: Caller, path: str) -> None:
    _, page, headers = calm.ask(path)
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "server" not in {name.lower() for name in headers}
    assert "://" not in page.replace("http://www.w3.org", "")


def test_a_stranger_does_not_learn_which_version_this_is(stand: Booth) -> None:
    stranger, known = stand.caller(), stand.caller()
    for path in ("/", "/login", "/nothing", "/static/panel.css"):
        status, page, headers = stranger.ask(path)
        assert __version__ not in page + str(headers), (path, status)
    assert known.log_in() == 303
    assert f"anpr-edge {__version__}" in known.ask("/")[1]


@pytest.mark.parametrize(
    ("version", "comes_in"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
@pytest.mark.filterwarnings("ignore:.*TLSv1_1:DeprecationWarning")
def test_who_speaks_the_tls_of_yesterday_does_not_come_in(
    stand: Booth, version: ssl.TLSVersion, comes_in: bool
) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # or our own side would not even offer it
    context.minimum_version = context.maximum_version = version
    target = urlsplit(stand.address)
    with closing(socket.create_connection((target.hostname, target.port or 0))) as line:
        if comes_in:
            context.wrap_socket(line).close()
        else:
            with pytest.raises(ssl.SSLError, match=r"alert protocol version|EOF occurred"):
                context.wrap_socket(line)


def test_a_page_runs_no_script_and_wears_no_style_of_its_own(calm: Caller) -> None:
    for path in ("/", "/live", "/live/light", "/road", "/commission", "/service"):
        page = calm.ask(path)[1]
        assert " style=" not in page
        assert not re.search(r"\son\w+=", page)
        assert not re.search(r"<script(?! src=\"/static/)", page)


def test_who_says_nothing_is_hung_up_on(stand: Booth, impatient: None) -> None:
    with spoken(stand.address) as line:
        line.sendall(b"GET / HT")
        assert line.recv(100) == b""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.panel.serve.WITHIN_S", 1.0)
    monkeypatch.setattr("edge.panel.serve.LOOK_EVERY_S", 0.05)


@contextmanager
def spoken(address: str) -> Iterator[ssl.SSLSocket]:
    target = urlsplit(address)
    context = ssl._create_unverified_context()
    with (
        socket.create_connection((target.hostname, target.port or 0), 20) as line,
        context.wrap_socket(line) as closed,
    ):
        closed.settimeout(10)
        yield closed


@pytest.mark.parametrize(
    "begins",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX: ",
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\npassword=",
        b"POST /logout HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n",  # answered at once
    ],
)
def test_a_request_that_comes_byte_by_byte_ends(
    stand: Booth, impatient: None, begins: bytes
) -> None:
    with spoken(stand.address) as line:
        line.sendall(begins)
        for _ in range(500):
            time.sleep(0.02)
            try:
                line.sendall(b"x")
            except OSError:
                break
        else:
            pytest.fail("it listens for ever")
    assert stand.caller().log_in() == 303  # the door is free for others
    assert stand.actions() == ["login"]


def test_who_asks_and_never_reads_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.panel.gate.UNHEARD_MS", 1000)
    with gate_at() as (gate, port), closing(socket.create_connection(("127.0.0.1", port), 5)):
        line, _ = gate.accept()
        line.settimeout(30)  # it would wait for ever
        with pytest.raises(TimeoutError) as told:
            line.sendall(bytes(64_000_000))
        assert told.value.errno == errno.ETIMEDOUT  # by the kernel, not by our own limit


def test_nobody_has_more_than_a_few_lines_and_all_have_an_end() -> None:
    with gate_at() as (gate, port):
        lines = [connected(gate, port, "127.0.0.1") for _ in range(MOST_OF_ONE + 3)]
        assert lines.count(None) == 3
        other = connected(gate, port, "127.0.0.2")
        assert other is not None  # he is not kept out
        gone = next(line for line in lines if line is not None)
        gone.close()
        assert connected(gate, port, "127.0.0.1") is not None
        for n in range(3, 3 + MOST // MOST_OF_ONE):
            for _ in range(MOST_OF_ONE):
                connected(gate, port, f"127.0.0.{n}")
        assert sum(line.fileno() >= 0 for line, _ in gate.lines) == MOST


@contextmanager
def gate_at() -> Iterator[tuple[Gate, int]]:
    with closing(Gate(("127.0.0.1", 0))) as gate:
        yield gate, gate.getsockname()[1]
        for line, _ in gate.lines:
            line.close()


def connected(gate: Gate, port: int, source: str) -> socket.socket | None:
    with closing(socket.create_connection(("127.0.0.1", port), 5, (source, 0))):
        try:
            return gate.accept()[0]
        except ConnectionAbortedError:
            return None


def test_the_panel_listens_through_its_gate(stand: Booth) -> None:
    target = urlsplit(stand.address)
    with ExitStack() as stack:
        lines = [
            stack.enter_context(socket.create_connection((target.hostname, target.port or 0), 20))
            for _ in range(MOST_OF_ONE + 1)
        ]
        lines[-1].settimeout(20)
        with suppress(ConnectionError):
            assert lines[-1].recv(1) == b""  # hung up on, while the others wait for their TLS


def test_a_line_that_is_used_stays_open() -> None:
    now, shut = [0.0], []
    line = ImpatientProtocol.__new__(ImpatientProtocol)
    loop: Any = SimpleNamespace(time=lambda: now[0], call_later=lambda *_: None)
    line.loop, line.conn = loop, h11.Connection(h11.SERVER)
    line.transport = Mock(is_closing=lambda: False, close=lambda: shut.append(now[0]))
    line._asked, line._since_s = None, 0.0
    for _ in range(20):
        now[0] += WITHIN_S - 1
        line.scope = {}  # type: ignore[typeddict-item]
        line._look()
    assert shut == []
    now[0] += WITHIN_S + 1
    line._look()
    assert len(shut) == 1


def test_a_deed_that_the_daemon_could_not_read_is_not_left(stand: Booth) -> None:
    for action, details in (
        ("Live", {}),
        ("x" * 41, {}),
        ("login", {"with-what": "password"}),
        ("login", {"with_what": "two\nlines"}),
        ("login", {"with_what": "x" * 301}),
        ("login", {f"word_{letter}": "" for letter in "abcdefghi"}),
    ):
        with pytest.raises(ReportError, match="nothing was done"):
            stand.parts.trail.write(action, None, **details)
    assert list(stand.parts.folder.glob("*")) == [stand.parts.folder / "daemon.sock"]


def test_a_box_that_cannot_write_its_trail_lets_nobody_in(stand: Booth) -> None:
    trail = stand.parts.folder
    trail.rename(trail.with_name("gone"))
    assert stand.caller().log_in() == 503
    trail.with_name("gone").rename(trail)
    assert stand.caller().log_in() == 303


def test_the_page_has_no_key_that_signs_and_no_word_of_it(stand: Booth) -> None:
    files = {path.name for path in Path("edge/panel").rglob("*.py")}
    assert files
    text = "".join(path.read_text() for path in Path("edge/panel").rglob("*.py"))
    for word in ("load_signer", "keys.signing", "Casebook", "Outbox", "storage_key", "load_key"):
        assert word not in text
