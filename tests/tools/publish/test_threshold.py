"""Nothing is published below its threshold, and a signature counts once."""

import pytest

from tests.tools.publish.workshop import Box, Workshop


@pytest.fixture
def waiting(workshop: Workshop) -> Workshop:
    """A release of packs with the signature of one of two holders."""
    said = workshop.run("packs", *workshop.given_packs(), keys=("packs-1", "online"))
    assert said.code == 0
    assert "packs version 2 has 1 of 2 signatures" in said.out
    return workshop


def test_below_the_threshold_nothing_is_published(waiting: Workshop, box: Box) -> None:
    said = waiting.run("complete", keys=("online",))
    assert said.code == 1
    assert "packs version 2 has 1 of 2 signatures" in said.err
    assert said.err.count("\n") == 1
    assert box.index(waiting.repo, "packs").releases == ()


def test_one_holder_signing_twice_is_no_second_signature(waiting: Workshop) -> None:
    said = waiting.run("sign", "packs", keys=("packs-1",))
    assert said.code == 1
    assert waiting.run("complete", keys=("online",)).code == 1


@pytest.mark.parametrize("stranger", ["registry", "online", "root-1", "spare"])
def test_a_key_of_another_role_does_not_sign(waiting: Workshop, stranger: str) -> None:
    key = waiting.key(stranger)
    said = waiting.run("sign", "packs", "--key", key)
    assert said.code == 1
    assert "is no key of packs" in said.err
    assert waiting.run("complete", keys=("online",)).code == 1


def test_the_second_holder_sees_what_is_signed_and_completes_it(
    waiting: Workshop, box: Box
) -> None:
    said = waiting.run("sign", "packs", keys=("packs-2",))
    assert said.code == 0
    assert "packs-1  share 100%" in said.out
    assert waiting.run("complete", keys=("online",)).code == 0
    (release,) = box.index(waiting.repo, "packs").releases
    assert release.number == 1
    assert [file.name for file in release.files] == ["example-lez.cases.csv", "example-lez.toml"]


def test_what_waits_is_not_replaced_unseen_and_can_be_dropped(waiting: Workshop) -> None:
    again = waiting.run("packs", *waiting.given_packs(), keys=("packs-1", "online"))
    assert again.code == 1
    assert "would lose its signatures" in again.err
    assert waiting.run("discard", "packs").code == 0
    assert waiting.run("complete", keys=("online",)).code == 1
    again = waiting.run("packs", *waiting.given_packs(), keys=("packs-1", "packs-2", "online"))
    assert again.code == 0
    assert "Published release 1 of packs" in again.out


def test_the_daily_renewal_goes_on_while_a_version_waits(waiting: Workshop, box: Box) -> None:
    before = waiting.document("timestamp").signed.version
    assert waiting.run("refresh", keys=("online",)).code == 0
    assert waiting.document("timestamp").signed.version == before + 1
    assert box.index(waiting.repo, "packs").releases == ()


def test_without_the_online_key_a_signed_version_waits_for_it(workshop: Workshop, box: Box) -> None:
    said = workshop.publish_registry(1, keys=("registry",))
    assert said.code == 0
    assert "complete --online-key" in said.out
    assert box.index(workshop.repo, "registry").releases == ()
    assert workshop.run("refresh", keys=("online",)).code == 0
    assert len(box.index(workshop.repo, "registry").releases) == 1


def test_a_wrong_online_key_publishes_nothing(workshop: Workshop) -> None:
    before = (workshop.metadata / "timestamp.json").read_bytes()
    said = workshop.run("refresh", keys=("spare",))
    assert said.code == 1
    assert "The key of snapshot is not among those given (" in said.err
    assert (workshop.metadata / "timestamp.json").read_bytes() == before
