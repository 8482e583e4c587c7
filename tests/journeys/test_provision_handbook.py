"""A technician follows deploy/PROVISION.md: a kit, two boxes, a registrar, a bundle."""

import shutil

import pytest

from tests.conftest import REPOSITORY
from tests.handbook import check_promises, followed

HANDBOOK = REPOSITORY / "deploy" / "PROVISION.md"


def test_every_command_of_the_handbook_succeeds_and_says_what_it_promises(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here: apt install openssl")
    check_promises(followed(HANDBOOK, tmp_path_factory.mktemp("bench")))
