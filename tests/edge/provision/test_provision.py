"""A box is made: nothing overwritten, nothing lost, nothing secret on the stick but the label."""

import errno
import os
import shutil
import ssl
import stat
import subprocess
import sys
import tomllib
import zipfile
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from edge.cli.keys import keys
from edge.clock import SystemClock
from edge.config import load, parse
from edge.provision.credstore import MEMORY, opened
from edge.provision.kit import Kit
from edge.record.enrolment import read_request
from edge.record.jwk import fingerprint
from edge.record.keys import create_signer, load_signer
from edge.record.password import read_line
from edge.types import ClockReading
from tests.bench import Bench
from tests.conftest import REPOSITORY


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def made(bench: Bench) -> None:
    """Make the box; only its registry is missing."""
    bench.make()
    assert bench.answer("--bench").exit_code == 0
    done = bench.make()
    assert "taken in, from epoch 1 on" in done.output, done.output


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def cause(bench: Bench, *more: str, box: str = "gent-0012") -> str:
    done = bench.make(*more, box=box)
    assert done.exit_code == 1
    assert done.exception is not None
    return str(done.exception)


def test_a_box_is_made_in_two_calls_and_its_bundle_is_proven(bench: Bench) -> None:
    assert "has not answered" in cause(bench)
    asked = read_request(bench.paper("request").read_bytes().strip())
    assert bench.answer(said="y\n").exit_code == 0
    done = bench.make()
    assert "fault  registry" in done.output  # there are no updates on this bench
    config = load(bench.config)
    assert config.keys.signing is not None
    assert load_signer(config.keys.signing).key_id == asked.key.kid
    proven = bench.prove(bench.paper("commissioning.zip"))
    assert f"Box gent-0012 signed all 9 files: {fingerprint(asked.key.kid)}" in proven.output
    assert "its own check found faults" in proven.output


def test_a_second_run_changes_nothing_but_the_bundle(bench: Bench) -> None:
    made(bench)
    before = contents(bench.folder)
    bench.make()
    after = contents(bench.folder)
    bundle = str(bench.paper("commissioning.zip"))
    assert {name for name in after if after[name] != before.get(name)} == {bundle}


def test_a_rehearsal_writes_nothing(bench: Bench) -> None:
    before = contents(bench.folder)
    done = bench.make("--dry-run")
    assert done.exit_code == 0
    assert done.output.count("would") == 10
    assert contents(bench.folder) == before
    made(bench)
    before = contents(bench.folder)
    assert bench.make("--dry-run").output.count("there ") == 9
    assert contents(bench.folder) == before


def test_no_secret_leaves_the_box_but_the_password_on_its_label(bench: Bench) -> None:
    made(bench)
    config = load(bench.config)
    own = config.keys
    assert own.signing
    assert config.uplink.key
    secrets = [own.signing, own.storage, config.uplink.key, config.access.token_key]
    lines = {line for path in secrets for line in path.read_bytes().split() if len(line) > 30}
    label = bench.paper("label.txt")
    password = label.read_text().partition("panel:")[2].split()[0]
    assert read_line(own.storage.with_name("panel.password").read_bytes()).is_of(password)
    with zipfile.ZipFile(bench.paper("commissioning.zip")) as bundle:
        inside = b"".join(bundle.read(name) for name in bundle.namelist())
    outside = b"".join(v for k, v in contents(bench.stick).items() if k != str(label)) + inside
    assert not [line for line in lines if line in outside]
    assert password.encode() not in outside
    kept = b"".join(contents(bench.box).values())
    assert password.encode() not in kept
    for path in (*secrets, label, own.storage.with_name("panel.password")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_password_in_the_address_of_a_camera_is_not_in_the_bundle(bench: Bench) -> None:
    template = (bench.kit / "box.toml").read_text()
    address = 'source = "rtsp://admin:hunter2@10.0.0.8/stream"'
    (bench.kit / "box.toml").write_text(template.replace("[camera]", f"[camera]\n{address}"))
    made(bench)
    with zipfile.ZipFile(bench.paper("commissioning.zip")) as bundle:
        shown = bundle.read("box.toml").decode()
    assert tomllib.loads(shown)["camera"]["source"] == "rtsp://***@10.0.0.8/stream"
    assert "hunter2" in bench.config.read_text()


def test_the_page_has_a_certificate_of_its_address_that_the_label_names(bench: Bench) -> None:
    made(bench)
    panel = load(bench.config).panel
    assert panel is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(panel.cert, panel.key)
    found = x509.load_pem_x509_certificate(panel.cert.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("10.42.0.1")]
    found.verify_directly_issued_by(found)
    shown = found.fingerprint(SHA256()).hex(":").upper()
    assert shown[:47] in bench.paper("label.txt").read_text()
    assert shown[48:] in bench.paper("label.txt").read_text()
    assert stat.S_IMODE(panel.key.stat().st_mode) == 0o600


def test_a_page_that_moved_has_another_certificate_of_the_same_key(bench: Bench) -> None:
    made(bench)
    panel = load(bench.config).panel
    assert panel is not None
    key, before = panel.key.read_bytes(), panel.cert.read_bytes()
    template = bench.kit / "box.toml"
    template.write_text(template.read_text().replace("10.42.0.1:8443", "10.42.0.2:8443"))
    assert "made for 10.42.0.2" in bench.make("--replace-config").output
    assert panel.key.read_bytes() == key
    assert panel.cert.read_bytes() != before


def test_a_lost_password_is_replaced_and_nothing_else(bench: Bench) -> None:
    made(bench)
    before, old = contents(bench.box), bench.paper("label.txt").read_text()
    bench.make("--new-password")
    new = bench.paper("label.txt").read_text()
    changed = {name for name, content in contents(bench.box).items() if content != before[name]}
    assert {Path(name).name for name in changed} == {"panel.password"}
    assert new != old
    kept = next(path for path in bench.box.rglob("panel.password"))
    first, second = (page.partition("panel:")[2].split()[0] for page in (old, new))
    known = read_line(kept.read_bytes())
    assert (known.is_of(first), known.is_of(second)) == (False, True)


def test_a_lost_password_that_is_a_credential_is_sealed_again(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("systemd-creds") is None:
        pytest.skip("sealing credentials needs root and systemd-creds (apt install systemd)")
    bench = Bench(tmp_path, "credential:")
    said = []
    for more in ((), ("--new-password",)):
        bench.make(*more)
        said.append(bench.paper("label.txt").read_text().partition("panel:")[2].split()[0])
    with opened(tmp_path / "credstore") as store:
        assert store.clear is not None
        store.fetch(store.clear / "panel.password")
        known = read_line((store.clear / "panel.password").read_bytes())
    assert [known.is_of(one) for one in said] == [False, True]


@pytest.mark.parametrize("phase", ["asked", "answered"])
def test_killed_at_any_write_it_is_run_again_and_nobody_notices(tmp_path: Path, phase: str) -> None:
    cut, at = True, 1
    while cut:
        folder = tmp_path / str(at)
        folder.mkdir()
        bench = Bench(folder)
        if phase == "answered":
            bench.make()
            bench.answer("--bench")
        cut = bench.make_and_cut(at)
        papers = [bench.paper("request")] if bench.paper("request").exists() else []
        told = [read_request(paper.read_bytes().strip()).key.kid for paper in papers]
        made(bench)
        assert bench.prove(bench.paper("commissioning.zip")).exit_code == 1  # without a registry
        signing = load(bench.config).keys.signing
        assert signing is not None
        assert told in ([], [load_signer(signing).key_id])
        password = bench.paper("label.txt").read_text().partition("panel:")[2].split()[0]
        assert read_line(signing.with_name("panel.password").read_bytes()).is_of(password)
        assert not any(b"PRIVATE" in draft.read_bytes() for draft in folder.rglob(".*.new"))
        at += 1
    assert at > 8


def test_on_a_full_disk_it_says_so_and_goes_on_once_there_is_room(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run has room for two writes more; nothing that was written is lost."""
    fsync, said = os.fsync, "No space left on device"
    runs = 0
    while "No space left on device" in said:
        room = [3]

        def full(handle: int, room: list[int] = room) -> None:
            room[0] -= 1
            if room[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            fsync(handle)

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            said = cause(bench)
        runs += 1
    assert "has not answered" in said
    assert runs > 5
    made(bench)


def test_the_answer_of_another_box_is_refused_and_nothing_is_put_in_place(bench: Bench) -> None:
    bench.make()
    other = Bench.__new__(Bench)
    other.__dict__ |= bench.__dict__ | {"box": bench.folder / "another box"}
    other.make(box="gent-0013")
    bench.answer("--bench")
    shutil.copy(bench.paper("certificate", "gent-0013"), bench.paper("certificate"))
    assert "The certificate is for box gent-0013" in cause(bench)
    assert not (bench.box / "state" / "certificate.jws").exists()
    assert not (bench.box / "keys" / "client.pem").exists()


@pytest.mark.parametrize("answer", [b"", b"\xff\x00", b"a.b.c", b"x" * 200_000])
def test_an_answer_that_is_none_is_refused(bench: Bench, answer: bytes) -> None:
    bench.make()
    bench.paper("certificate").write_bytes(answer)
    assert "is not signed by the platform" in cause(bench)


def test_the_answer_of_another_platform_is_refused(bench: Bench) -> None:
    bench.make()
    (bench.office / "platform.pem").unlink()
    (bench.office / "platform.jwk").unlink()
    create_signer(bench.office / "platform.pem", None)
    bench.answer("--bench")
    assert "is not signed by the platform (key not trusted)" in cause(bench)


def test_a_box_that_believes_it_is_1970_is_told_so(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.make()
    bench.answer("--bench")
    now = SystemClock().read()
    slow = ClockReading(
        **{name: getattr(now, name) for name in now.__dataclass_fields__}
        | {"now": datetime(1970, 1, 1, 0, 3, tzinfo=UTC)}
    )
    with monkeypatch.context() as patched:
        patched.setattr(SystemClock, "read", lambda _: slow)
        assert "The clock says 1970-01-01 00:03 UTC" in cause(bench)
    assert not (bench.box / "state" / "certificate.jws").exists()


def test_a_box_that_was_made_otherwise_is_left_as_it_is(bench: Bench) -> None:
    made(bench)
    before = contents(bench.box)
    assert "says something else than the kit" in cause(bench, "--set=lane=left")
    (bench.kit / "token.key").write_text("cd" * 32)
    assert "is another than token.key of the kit" in cause(bench)
    assert contents(bench.box) == before
    (bench.kit / "token.key").write_text("ab" * 32)
    old = bench.config.read_bytes()
    bench.make("--set=lane=left", "--replace-config")
    assert load(bench.config).camera.lane == "left"
    assert (bench.box / "box.toml.old").read_bytes() == old


def test_a_box_that_went_on_to_its_next_key_stays_taken_in(bench: Bench) -> None:
    made(bench)
    signing = load(bench.config).keys.signing
    assert signing is not None
    first = load_signer(signing).key_id
    turned = CliRunner().invoke(keys, ["rotate", f"--config={bench.config}"])
    assert turned.exit_code == 0, turned.output
    assert load_signer(signing).key_id != first
    bench.paper("request").unlink()
    again = bench.make()
    assert "there  answer: taken in, from epoch 1 on" in again.output
    assert not bench.paper("request").exists()


@pytest.mark.parametrize(
    ("more", "box", "says"),
    [
        (["--set=lain=left"], "gent-0012", "does not ask for lain"),
        (['--set=lane=le"ft'], "gent-0012", "holds a quote"),
        ([], "gent-0099", "has 0 rows for box gent-0099"),
    ],
)
def test_what_the_kit_does_not_say_or_ask_for_is_told(
    bench: Bench, more: list[str], box: str, says: str
) -> None:
    assert says in cause(bench, *more, box=box)
    assert not bench.config.exists()


def test_a_table_with_an_open_quote_is_told(bench: Bench) -> None:
    (bench.kit / "boxes.csv").write_text('id,lane\n"' + "a" * 200_000)
    assert "boxes.csv is no table" in cause(bench)


@pytest.mark.parametrize(
    ("name", "content"),
    [("platform.jwk", b""), ("ca.pem", b"\n"), ("token.key", b""), ("token.key", b"abab")],
)
def test_half_a_kit_is_told_before_it_is_on_the_box(
    bench: Bench, name: str, content: bytes
) -> None:
    whole = (bench.kit / name).read_bytes()
    (bench.kit / name).write_bytes(content)
    assert str(bench.kit / name) in cause(bench)
    assert name not in {Path(path).name for path in contents(bench.box)}
    (bench.kit / name).write_bytes(whole)
    made(bench)


def test_credentials_are_sealed_and_nothing_is_left_in_memory(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("systemd-creds") is None:
        pytest.skip("sealing credentials needs root and systemd-creds (apt install systemd)")
    bench = Bench(tmp_path, "credential:")
    made(bench)
    store = tmp_path / "credstore"
    names = {"box.pem", "box.key", "storage.key", "token.key", "panel.password", "panel.key"}
    assert {path.name for path in store.iterdir()} == names
    assert {stat.S_IMODE(path.stat().st_mode) for path in store.iterdir()} == {0o600}
    assert not any(b"PRIVATE KEY" in content for content in contents(tmp_path / "a box").values())
    assert not any(b"PRIVATE KEY" in content for content in contents(store).values())
    with opened(store) as open_store:
        clear = open_store.clear
        assert clear is not None
        open_store.fetch(clear / "box.pem")
        kid = load_signer(clear / "box.pem").key_id
        (clear / "left").write_text("as by kill -9")
    assert clear.parent == MEMORY
    assert not clear.exists()
    assert kid == read_request(bench.paper("request").read_bytes().strip()).key.kid


def test_what_a_kill_left_in_memory_is_gone_after_the_next_run(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("systemd-creds") is None:
        pytest.skip("sealing credentials needs root and systemd-creds (apt install systemd)")
    bench, before = Bench(tmp_path, "credential:"), set(MEMORY.glob("anpr-edge-provision.*"))
    assert bench.make_and_cut(20)
    left = set(MEMORY.glob("anpr-edge-provision.*")) - before
    assert any((folder / "token.key").exists() for folder in left)
    made(bench)
    assert not any(folder.exists() for folder in left if (folder / "box.pem").exists())
    assert not list(tmp_path.rglob(".*.new"))


def test_who_is_not_root_cannot_seal_and_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    bench = Bench(tmp_path, "credential:")
    assert "Only root may open and seal credentials. Run it as root" in cause(bench)


def test_the_program_in_deploy_is_that_verb(bench: Bench) -> None:
    program = REPOSITORY / "deploy" / "provision"
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [str(program), *bench.arguments("--dry-run")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if "anpr-edge is not here" in done.stderr:
        pytest.skip("anpr-edge is not installed beside this Python")
    assert "would  keys" in done.stdout


def test_the_template_that_is_shipped_makes_a_configuration(
    tmp_path: Path,
) -> None:
    text = Kit(REPOSITORY / "deploy" / "kit").configuration("gent-0012", {})
    config = parse(tmp_path / "box.toml", text)
    assert config.camera.sign == "ZES, 2027 model"
