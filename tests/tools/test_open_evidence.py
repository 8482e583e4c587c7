"""The authority opens what a proven record released, and is told plainly why it may not."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyrage import x25519

from edge.errors import BoxError
from edge.record.age import Recipients
from edge.record.keys import create_signer
from edge.record.message import EvidenceRef
from tests.edge.daemon.test_exhibits import permitted
from tests.pictured import AUTHORITY, JPEG, PicturedSite
from tools.open_evidence import Named, open_evidence


class Case:
    """A box that ended a candidate, its records as lines, and the keys of the authority."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.site = folder, PicturedSite(folder)
        self.identity, self.records = folder / "identity.txt", folder / "records.jws"
        self.keys, self.out = folder / "box.jwk", folder / "out"
        self.identity.write_text(f"# a key\n{AUTHORITY[1]}\n")

    def release(self) -> list[Path]:
        self.site.passes()
        self.site.later()
        self.site.release.round()
        self.write([envelope.jws for envelope in self.site.chain()])
        return sorted((self.folder / "evidence").glob("*.age"))

    def write(self, lines: list[bytes]) -> None:
        self.records.write_bytes(b"\n".join([*lines, b""]))

    def open(self, *files: Path, **other: Path) -> Result:
        said = {"identity": self.identity, "record": self.records, "keys": self.keys, **other}
        words = [word for name, path in said.items() for word in (f"--{name}", str(path))]
        command = [*map(str, files), *words, "--out", str(self.out)]
        return CliRunner().invoke(open_evidence, command)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    made = Case(tmp_path)
    yield made
    made.site.stop()


def said(result: Result) -> str:
    """Return the sentences of a refusal; there is no picture and no traceback beside it."""
    assert result.exit_code == 1
    if isinstance(result.exception, BoxError):
        return str(result.exception)
    assert isinstance(result.exception, SystemExit)
    return result.output


def test_both_pictures_open_with_the_records_that_released_them(case: Case) -> None:
    result = case.open(*case.release())
    assert result.exit_code == 0, result.output
    names = sorted(path.name for path in case.out.iterdir())
    assert names == ["b1-1-1-crop.jpg", "b1-1-1-overview.jpg"]
    assert all(path.read_bytes().startswith(JPEG) for path in case.out.iterdir())


def test_the_wrong_key_does_not_open_it(case: Case) -> None:
    files = case.release()
    case.identity.write_text(str(x25519.Identity.generate()))
    assert "It was not encrypted to this key." in said(case.open(*files))
    assert not case.out.exists()


def test_without_its_resolution_it_is_not_opened(case: Case) -> None:
    files = case.release()
    case.write([case.site.chain()[0].jws])
    assert "did not release its candidate" in said(case.open(*files))
    assert not case.out.exists()


def test_what_was_withdrawn_is_not_opened_though_somebody_kept_it(case: Case) -> None:
    case.site.passes()
    (held,) = case.site.casebook.held()
    key = case.site.casebook.picture_key(held)
    age = case.site.room.opened(held.evidence[0].sha256, key)
    assert age is not None
    permitted(case.site)
    case.site.release.round()
    case.write([envelope.jws for envelope in case.site.chain()])
    kept = case.folder / "kept.age"
    kept.write_bytes(age)
    assert "did not release its candidate" in said(case.open(kept))


def test_a_record_of_another_key_proves_nothing(case: Case, tmp_path: Path) -> None:
    files = case.release()
    create_signer(tmp_path / "other.pem", "b1")
    assert "named by no proven record" in said(case.open(*files, keys=tmp_path / "other.jwk"))


def test_a_file_of_another_box_is_named_by_no_record(case: Case) -> None:
    case.release()
    other = case.folder / "other.age"
    other.write_bytes(Recipients([str(AUTHORITY[0].to_public())]).seal(b"other"))
    assert "named by no proven record" in said(case.open(other))


def test_a_file_that_was_cut_short_is_told_as_one(case: Case) -> None:
    files = case.release()
    files[0].write_bytes(files[0].read_bytes()[:-10])
    result = case.open(*files)
    assert "is cut short" in said(result)
    assert len(list(case.out.iterdir())) == 1  # the other one opened


def test_a_file_that_was_altered_is_told_as_one(case: Case) -> None:
    files = case.release()
    content = bytearray(files[0].read_bytes())
    content[-1] ^= 1
    files[0].write_bytes(content)
    assert "was altered" in said(case.open(files[0]))


@pytest.mark.parametrize("what", ["file", "identity", "record", "keys"])
def test_what_is_not_there_is_told(case: Case, what: str) -> None:
    files = case.release()
    none = case.folder / "none"
    result = case.open(none) if what == "file" else case.open(*files, **{what: none})
    assert "none cannot be read" in said(result)


def test_records_of_a_key_that_a_rotation_brought_in_prove_it_too(case: Case) -> None:
    first = case.folder / "first.jwk"
    first.write_bytes(case.keys.read_bytes())
    case.site.passes()
    case.site.place.create_next()
    case.site.turn()
    case.site.later()
    case.site.release.round()
    case.write([envelope.jws for envelope in case.site.chain()])
    files = sorted((case.folder / "evidence").glob("*.age"))
    result = case.open(*files, keys=first)
    assert result.exit_code == 0, result.output
    assert len(list(case.out.iterdir())) == 2


def test_records_of_a_revoked_key_prove_nothing(case: Case) -> None:
    files = case.release()
    key = json.loads(case.keys.read_text())
    register = case.folder / "register.json"
    register.write_text(json.dumps({"keys": [key | {"revoked_at": "2028-05-01T00:00:00Z"}]}))
    assert "named by no proven record" in said(case.open(*files, keys=register))


def test_a_hostile_name_of_a_picture_is_no_path(case: Case) -> None:
    ref = EvidenceRef("../../overview", "a" * 64, 1)
    assert Named("b1", 1, 2, ref, True).file_name == "b1-1-2-picture.jpg"
