"""What was fetched becomes the file that was meant, and not a byte more."""

import hashlib
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.errors import UpdateError
from edge.update.unpack import unpack

ANY_FOLDER = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("name", ["registry/a.zst", "registry/a"])
def test_a_file_comes_out_as_it_was(tmp_path: Path, name: str) -> None:
    content = b"of a registry" * 1000
    source = tmp_path / "part"
    source.write_bytes(zstandard.compress(content) if name.endswith(".zst") else content)
    digest = unpack(source, name, tmp_path / "out", len(content))
    assert (tmp_path / "out").read_bytes() == content
    assert digest == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(("size", "word"), [(12, "more"), (14, "less")])
@pytest.mark.parametrize("name", ["registry/a.zst", "registry/a"])
def test_another_size_than_stated_is_refused(
    tmp_path: Path, name: str, size: int, word: str
) -> None:
    content = b"of a registry"
    source = tmp_path / "part"
    source.write_bytes(zstandard.compress(content) if name.endswith(".zst") else content)
    with pytest.raises(UpdateError, match=f"holds {word} than the {size} bytes"):
        unpack(source, name, tmp_path / "out", size)


@ANY_FOLDER
@given(st.binary(max_size=300))
def test_what_is_no_zstd_never_brings_it_down(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "part").write_bytes(content)
    with pytest.raises(UpdateError):
        unpack(tmp_path / "part", "registry/a.zst", tmp_path / "out", 10_000)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"")
    with pytest.raises(UpdateError, match="cannot be unpacked"):
        unpack(tmp_path / "part", "registry/a", tmp_path / "none" / "out", 0)
