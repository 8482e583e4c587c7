"""Requests answered in a folder; commissioning bundles proven, or their fault named."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.errors import RecordError
from edge.record.commissioning import MOST_FILES, SIGNED, Manifest, opened, packed
from edge.record.keys import load_signer, load_trusted
from tests.bench import Bench
from tools.registrar.papers import client_of

NOW = datetime(2028, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A bench with one box made."""
    found = Bench(tmp_path_factory.mktemp("bench"))
    found.make()
    found.answer("--bench")
    found.make()
    return found


@pytest.fixture(scope="module")
def files(bench: Bench) -> dict[str, bytes]:
    with zipfile.ZipFile(bench.paper("commissioning.zip")) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return out.getvalue()


def fault(bench: Bench, archive: bytes) -> str:
    with pytest.raises(RecordError) as told:
        opened(archive, load_trusted(bench.office / "register.json"))
    return told.value.cause


def test_a_file_that_was_changed_added_or_removed_is_named(
    bench: Bench, files: dict[str, bytes]
) -> None:
    assert opened(zipped(files), load_trusted(bench.office / "register.json")).manifest.box
    changed = files | {"check.json": b"[]"}
    assert "check.json was altered" in fault(bench, zipped(changed))
    assert "extra.txt is in the bundle or" in fault(bench, zipped(files | {"extra.txt": b""}))
    removed = {name: content for name, content in files.items() if name != "box.toml"}
    assert "box.toml is in the bundle or" in fault(bench, zipped(removed))
    unsigned = {name: content for name, content in files.items() if name != SIGNED}
    assert "compact JWS" in fault(bench, zipped(unsigned))


def test_another_thing_that_the_box_signed_is_no_bundle(
    bench: Bench, files: dict[str, bytes]
) -> None:
    request = bench.paper("request").read_bytes().strip()
    assert "not the manifest" in fault(bench, zipped(files | {SIGNED: request}))


def test_a_box_cannot_sign_the_bundle_of_another(bench: Bench) -> None:
    signer = load_signer(bench.box / "keys" / "box.pem")
    manifest = Manifest(box="gent-0013", made_at=NOW, software="x", fine=True)
    assert "whose key signed it" in fault(bench, packed(manifest, {}, signer))


def test_the_bundle_of_a_revoked_key_proves_nothing(bench: Bench) -> None:
    trusted = load_trusted(bench.office / "register.json")
    revoked = {kid: replace(key, revoked_at=NOW) for kid, key in trusted.items()}
    with pytest.raises(RecordError, match="was revoked"):
        opened(bench.paper("commissioning.zip").read_bytes(), revoked)


def test_a_bundle_cannot_fill_the_memory(bench: Bench) -> None:
    many = {str(n): b"" for n in range(MOST_FILES + 1)}
    assert "larger than any bundle" in fault(bench, zipped(many))
    assert "larger than any bundle" in fault(bench, zipped({"zeros": bytes(50_000_000)}))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(at=st.integers(0), with_=st.binary(min_size=1, max_size=8))
def test_a_damaged_bundle_is_refused_or_says_the_same(bench: Bench, at: int, with_: bytes) -> None:
    whole = bench.paper("commissioning.zip").read_bytes()
    at %= len(whole)
    damaged = whole[:at] + with_ + whole[at + len(with_) :]
    keyring = load_trusted(bench.office / "register.json")
    try:
        found = opened(damaged, keyring)
    except RecordError:
        return
    assert found == opened(whole, keyring)


def test_a_bundle_says_in_json_what_it_proves(bench: Bench) -> None:
    said = json.loads(bench.prove(bench.paper("commissioning.zip"), "--json").stdout)
    assert said["box"] == "gent-0012"
    assert said["fine"] is False
    assert "box.toml" in said["files"]


def test_of_requests_in_a_folder_a_bad_one_keeps_no_other_from_its_answer(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    bench.paper("request", "broken").write_bytes(b"nonsense")
    bench.make()
    done = bench.answer("--bench")
    assert done.exit_code == 1
    assert "broken.request: This is not a request of a box." in done.stderr
    assert "1 boxes answered, 1 not." in done.stderr
    assert bench.paper("certificate").exists()


def test_without_the_bench_each_fingerprint_is_asked_about(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.make()
    done = bench.answer(said="n\n")
    assert done.exit_code == 1
    assert not bench.paper("certificate").exists()
    assert not (bench.office / "register.json").exists()


def test_a_client_certificate_is_found_wherever_it_travels(bench: Bench) -> None:
    papers = [bench.paper("certificate"), bench.paper("commissioning.zip")]
    serials = {client_of(path).serial_number for path in papers}
    assert serials == {client_of(bench.box / "keys" / "client.pem").serial_number}
