"""What a thief of one key can do, tried with tuf's own client: nothing beyond that role."""

import pytest
from tuf.api.exceptions import RepositoryError, UnsignedMetadataError

from tests.tools.publish.workshop import Box, Workshop, evil_target, forge
from tools.publish.repository import Document


def poisoned(workshop: Workshop, role: str, path: str) -> Document:
    """Return the next version of a role that names a target of the thief."""
    document = workshop.document(role)
    document.signed.version += 1
    target = evil_target(workshop, path)
    document.signed.targets[target.path] = target
    return document


def test_a_stolen_online_key_cannot_add_a_target(workshop: Workshop, box: Box) -> None:
    document = poisoned(workshop, "registry", "registry/evil")
    document.sign(workshop.signer("online"), append=True)
    forge(workshop, "online", {"registry": document})
    with pytest.raises(UnsignedMetadataError, match="registry was signed by 0/1 keys"):
        box.updater(workshop.repo).get_targetinfo("registry/evil")


def test_the_key_of_the_registry_cannot_sign_packs(workshop: Workshop, box: Box) -> None:
    document = poisoned(workshop, "packs", "packs/evil")
    document.sign(workshop.signer("registry"))
    forge(workshop, "online", {"packs": document})
    with pytest.raises(UnsignedMetadataError, match="packs was signed by 0/2 keys"):
        box.updater(workshop.repo).get_targetinfo("packs/evil")


def test_the_registry_cannot_name_a_target_of_packs(workshop: Workshop, box: Box) -> None:
    document = poisoned(workshop, "registry", "packs/evil")
    document.sign(workshop.signer("registry"))
    forge(workshop, "online", {"registry": document})
    assert box.updater(workshop.repo).get_targetinfo("packs/evil") is None


def test_an_altered_target_is_refused(workshop: Workshop, box: Box) -> None:
    assert workshop.publish_registry().code == 0
    (path,) = (workshop.repo / "targets/registry").glob("*.zst")
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    with pytest.raises(RepositoryError):
        box.fetch(box.updater(workshop.repo), "registry/000001.registry.sqlite.zst")
    said = workshop.run("check")
    assert said.code == 1
    assert "A box would refuse" in said.err
