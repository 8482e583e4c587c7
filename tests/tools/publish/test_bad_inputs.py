"""What must not reach a box is refused before anything is signed, in one sentence."""

import csv
import shutil
import sqlite3
from hashlib import sha256
from pathlib import Path

import pytest

from edge.config import MODELS_FOLDER
from edge.registry.content import content_of, written
from edge.registry.seal import seal_of
from tests.conftest import DEMO
from tests.golden import write_goldens
from tests.tools.publish.workshop import CASES, Said, Workshop, run
from tools.publish.repository import Repository

PACKS = ("packs-1", "packs-2", "online")


def refused(said: Said, says: str) -> None:
    assert said.code == 1, said.out + said.err
    assert says in said.err
    assert said.err.count("\n") == 1
    assert said.err.startswith("publish: ")


@pytest.fixture
def untouched(workshop: Workshop):
    """Whatever a test does, nothing was published."""
    before = (workshop.metadata / "timestamp.json").read_bytes()
    yield
    assert (workshop.metadata / "timestamp.json").read_bytes() == before
    assert not Repository(workshop.repo).all_staged()


def released(workshop: Workshop, made: Path, token: Path | None = None) -> Said:
    token = token or made.with_name("token.key")
    return workshop.run(
        "registry", "--file", made, "--token-key", token, keys=("registry", "online")
    )


def edited(path: Path, statement: str) -> Path:
    """Change a registry and seal it anew, as someone with a good will and a bad hand would."""
    with sqlite3.connect(path) as db:
        db.execute(statement)
        content = written(content_of(db))
        db.execute("UPDATE meta SET value = ? WHERE name = 'content'", (content,))
    db.close()
    seal_of(path).write_text(sha256(path.read_bytes()).hexdigest())
    return path


@pytest.mark.usefixtures("untouched")
class TestRegistry:
    def test_one_without_its_seal(self, workshop: Workshop) -> None:
        made = workshop.registry()
        seal_of(made).unlink()
        refused(released(workshop, made), "registry.sqlite.sha256 cannot be copied")

    def test_one_with_another_seal(self, workshop: Workshop) -> None:
        made = workshop.registry()
        seal_of(made).write_text("0" * 64)
        refused(released(workshop, made), "is not the one its seal names")

    def test_one_that_is_not_there(self, workshop: Workshop) -> None:
        workshop.registry()
        missing = workshop.folder / "build/none.sqlite"
        refused(released(workshop, missing, workshop.folder / "build/token.key"), "none.sqlite")

    def test_one_that_lost_rows(self, workshop: Workshop) -> None:
        made = workshop.registry()
        edited(made, "DELETE FROM exemptions WHERE record_id = 'demo-0001'")
        refused(released(workshop, made), "it was built with")

    def test_one_without_canaries(self, workshop: Workshop) -> None:
        made = edited(workshop.registry(), "DELETE FROM canaries")
        edited(made, "UPDATE meta SET value = '0' WHERE name = 'canaries'")
        refused(released(workshop, made), "has no canary of jurisdiction")

    def test_one_whose_canary_sings_another_song(self, workshop: Workshop) -> None:
        made = edited(workshop.registry(), "UPDATE canaries SET outcome = 'review'")
        refused(released(workshop, made), "A canary of registry day-1 is")

    def test_one_that_holds_other_rows_than_it_says(self, workshop: Workshop) -> None:
        made = workshop.registry()
        text = "UPDATE meta SET value = (SELECT replace(value, '0', '1')) WHERE name = 'content'"
        with sqlite3.connect(made) as db:
            db.execute(text)
        db.close()
        seal_of(made).write_text(sha256(made.read_bytes()).hexdigest())
        refused(released(workshop, made), "other rows than its content says")

    def test_one_of_another_token_key(self, workshop: Workshop) -> None:
        made, other = workshop.registry(), workshop.folder / "other.key"
        other.write_text("ab" * 32)
        refused(released(workshop, made, other), "another token key")

    def test_one_of_a_day_to_come(self, workshop: Workshop) -> None:
        made = workshop.registry(100 * 365)
        refused(released(workshop, made), "are of a day to come")


def test_a_registry_with_a_token_key_that_the_boxes_do_not_have_needs_a_word(
    workshop: Workshop,
) -> None:
    assert workshop.publish_registry(1).code == 0
    made = workshop.registry(2, key=b"o" * 32)
    refused(released(workshop, made), "--not-compared")
    token = made.with_name("token.key")
    allowed = workshop.run(
        *("registry", "--file", made, "--token-key", token, "--not-compared"),
        keys=("registry", "online"),
    )
    assert allowed.code == 0
    assert "with a delta" not in allowed.out


def test_an_older_registry_is_refused(workshop: Workshop) -> None:
    assert workshop.publish_registry(5).code == 0
    refused(workshop.publish_registry(4), "are older than those accepted before")


def test_a_shrunken_registry_needs_a_word(workshop: Workshop) -> None:
    assert workshop.publish_registry(1).code == 0
    few = workshop.folder / "few.csv"
    lines = (DEMO / "exemptions.csv").read_text().splitlines(keepends=True)
    few.write_text("".join(lines[:3]))
    made = workshop.registry(2, exemptions=few)
    refused(released(workshop, made), "--max-shrink")
    token = made.with_name("token.key")
    allowed = workshop.run(
        *("registry", "--file", made, "--token-key", token, "--max-shrink", "0.6"),
        *("--max-lost", "1"),
        keys=("registry", "online"),
    )
    assert allowed.code == 0


@pytest.mark.usefixtures("untouched")
class TestPacks:
    def given(self, workshop: Workshop) -> Said:
        folders = ("--from", workshop.folder / "packs", "--calendar", workshop.law())
        return workshop.run("packs", *folders, keys=PACKS)

    def test_none_at_all(self, workshop: Workshop) -> None:
        refused(self.given(workshop), "holds no rule pack")

    def test_one_without_its_case_table(self, workshop: Workshop) -> None:
        (workshop.packs() / "example-lez.cases.csv").unlink()
        refused(self.given(workshop), "example-lez.cases.csv")

    def test_one_that_contradicts_its_cases(self, workshop: Workshop) -> None:
        workshop.packs(CASES.replace("diesel,3", "diesel,5"))
        refused(self.given(workshop), "E2")

    def test_one_whose_table_is_broken(self, workshop: Workshop) -> None:
        workshop.packs(CASES.replace("E2,FL,2027-01-01", "E2,FL,soon"))
        refused(self.given(workshop), "is not a date")

    def test_one_that_does_not_load(self, workshop: Workshop) -> None:
        path = workshop.packs() / "example-lez.toml"
        path.write_text(path.read_text().replace('id = "L4"', 'id = "L3"'))
        assert self.given(workshop).code == 1

    def test_one_without_a_case_that_accuses(self, workshop: Workshop) -> None:
        workshop.packs("".join(CASES.splitlines(keepends=True)[:2]))
        refused(self.given(workshop), "no case in which a vehicle is accused")

    def test_one_whose_law_nobody_wrote_down_apart_from_it(self, workshop: Workshop) -> None:
        said = workshop.run("packs", "--from", workshop.packs(), keys=PACKS)
        refused(said, "There is no calendar of the law for pack example-lez")

    def test_one_with_a_zone_that_the_calendar_does_not_know(self, workshop: Workshop) -> None:
        path = workshop.packs() / "example-lez.toml"
        text = path.read_text()
        zone = text[text.index("[[zone]]") : text.index("[toepassing]")]
        other = zone.replace("voorbeeldgem-lez", "elders-lez")
        path.write_text(text.replace(zone, zone + other))
        refused(self.given(workshop), "says nothing of zone elders-lez")

    def test_one_with_a_zone_of_which_the_calendar_asks_by_dates_of_its_own(
        self, workshop: Workshop
    ) -> None:
        workshop.packs()
        calendar = workshop.law() / "example-lez.csv"
        with calendar.open(newline="") as file:
            rows = list(csv.DictReader(file))
        with calendar.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows({**row, "zone_start": "2020-01-01"} for row in rows)
        folders = ("--from", workshop.folder / "packs", "--calendar", calendar.parent)
        refused(
            workshop.run("packs", *folders, keys=PACKS), "says nothing of zone voorbeeldgem-lez"
        )

    def test_one_without_a_zone_that_the_calendar_knows(self, workshop: Workshop) -> None:
        path = workshop.packs() / "example-lez.toml"
        path.write_text(path.read_text().replace('"voorbeeldgem-lez"', '"elders-lez"'))
        refused(self.given(workshop), "has no zone 'voorbeeldgem-lez'")

    def test_one_that_is_another_law_than_the_calendar(self, workshop: Workshop) -> None:
        path = workshop.packs() / "example-lez.toml"
        path.write_text(path.read_text().replace("start = 2025-01-01", "start = 2027-01-02"))
        refused(self.given(workshop), "E1 must end in free_access/none and ends in out_of_scope")

    def test_one_with_a_name_that_no_box_would_take(self, workshop: Workshop) -> None:
        folder = workshop.packs()
        for ending in ("toml", "cases.csv"):
            (folder / f"example-lez.{ending}").rename(folder / f"Example lez.{ending}")
        assert self.given(workshop).code == 1


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own models with golden pictures; never changed."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(MODELS_FOLDER, folder, dirs_exist_ok=True)
    write_goldens(folder)
    return folder


@pytest.fixture
def models(release: Path, workshop: Workshop) -> Path:
    """A copy of a test's own."""
    return Path(shutil.copytree(release, workshop.folder / "models"))


def offered(workshop: Workshop) -> Said:
    return workshop.run("models", "--from", workshop.folder / "models", keys=("models", "online"))


def test_models_go_out_with_all_that_a_box_needs(workshop: Workshop, models: Path) -> None:
    said = offered(workshop)
    assert said.code == 0, said.err
    targets = (workshop.repo / "targets/models").glob("*.000001.*")
    names = {path.name.partition(".000001.")[2] for path in targets}
    left_out = {"tried.md", "README.md", "plate-detector.md", "plate-reader.md"}
    assert names == {path.name for path in models.iterdir()} - left_out


@pytest.mark.usefixtures("untouched")
class TestModels:
    def test_none_at_all(self, workshop: Workshop) -> None:
        refused(offered(workshop), "has no manifest.toml")

    def test_one_that_the_manifest_does_not_pin(self, workshop: Workshop, models: Path) -> None:
        (models / "plate-reader.onnx").write_bytes(b"other weights")
        refused(offered(workshop), "is not the file that the manifest pins")

    def test_one_in_another_folder(self, workshop: Workshop, models: Path) -> None:
        manifest = models / "manifest.toml"
        name = '"plate-reader.onnx"'
        manifest.write_text(manifest.read_text().replace(name, '"../models/plate-reader.onnx"'))
        refused(offered(workshop), "lies outside the release")

    def test_models_without_golden_pictures(self, workshop: Workshop, models: Path) -> None:
        (models / "golden.json").unlink()
        refused(offered(workshop), "come without golden.json")

    def test_models_that_misread_a_picture(self, workshop: Workshop, models: Path) -> None:
        shutil.copy(models / "golden-02.png", models / "golden-01.png")
        refused(offered(workshop), "fail on golden-01.png")


@pytest.mark.usefixtures("untouched")
class TestCommands:
    def test_a_folder_that_holds_no_updates(self, workshop: Workshop, tmp_path: Path) -> None:
        refused(run("show", "--repo", tmp_path / "none"), "holds no updates")
        assert not (tmp_path / "none").exists()

    def test_a_release_that_does_not_stand(self, workshop: Workshop) -> None:
        said = workshop.run("share", "packs", 7, 50, keys=PACKS)
        refused(said, "Release 7 of packs does not stand. Choose one that does: none.")

    def test_a_key_that_is_not_there(self, workshop: Workshop) -> None:
        refused(workshop.run("refresh", "--online-key", "none.pem"), "none.pem cannot be read")

    def test_a_public_key_where_a_private_one_belongs(self, workshop: Workshop) -> None:
        said = workshop.run("refresh", "--online-key", workshop.pub("online"))
        refused(said, "is not a private key")

    @pytest.mark.parametrize("per_cent", ["101", "-1", "half"])
    def test_a_share_that_is_none(self, workshop: Workshop, per_cent: str) -> None:
        assert run("share", "--repo", workshop.repo, "packs", "1", "--", per_cent).code == 2

    def test_a_reason_of_two_lines(self, workshop: Workshop) -> None:
        said = workshop.run("withdraw", "packs", 1, "--reason", "one\ntwo", keys=PACKS)
        assert said.code == 2

    @pytest.mark.parametrize("days", ["packs", "packs=0", "nobody=3", "packs=x"])
    def test_a_lifetime_that_is_none(self, workshop: Workshop, days: str) -> None:
        assert workshop.run("renew", "packs", "--days", days, keys=PACKS).code == 2


def test_a_root_that_is_none_is_told_and_not_blamed_on_the_repository(workshop: Workshop) -> None:
    said = workshop.run("check", "--root", workshop.pub("root-1"))
    refused(said, "is no root.json. Name the root.json of a box with --root")
    assert "A box would refuse" not in said.err


def test_metadata_of_another_hand_is_told(workshop: Workshop) -> None:
    (workshop.metadata / "timestamp.json").write_text("{}")
    refused(workshop.run("refresh", keys=("online",)), "is no metadata of a repository")


def test_two_at_once_are_refused(workshop: Workshop) -> None:
    with Repository(workshop.repo).locked():
        refused(workshop.run("refresh", keys=("online",)), "Another tools.publish is at work")
    assert workshop.run("refresh", keys=("online",)).code == 0


def test_a_missing_target_is_told(workshop: Workshop) -> None:
    shutil.rmtree(workshop.repo / "targets/packs")
    refused(workshop.run("show"), "cannot be read")
    refused(workshop.run("check"), "A box would refuse")
