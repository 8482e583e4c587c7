"""A registry that lacks one per cent of its exemptions is found, one that lacks a single one, too.

In the file: by holding it against its tables. In the tables: by holding it against the release
before. And on the box, that takes what a maintainer did not look at.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.access.desk import desk_passage
from edge.access.pack import shipped
from edge.daemon.gate import Gate
from edge.daemon.gates import RegistryGate
from edge.errors import RegistryError
from edge.registry.cache import RegistryCache
from edge.registry.content import content_of, written
from edge.registry.fresh import FreshRegistry
from edge.registry.seal import settle
from edge.registry.vanished import Vanished, vanished
from tests.conftest import DEMO
from tests.tools.publish.workshop import Said, Workshop, finished, workshop
from tests.tools.registry_orders import KEY, order
from tools.build_registry import build
from tools.reconcile import main as reconcile

__all__ = ["finished", "workshop"]

MANY = 600
DAY = timedelta(days=1)
AS_OF = datetime(2025, 11, 20, tzinfo=UTC)
DECEMBER = 40 * DAY
"""From then to the 30th of that month."""
HEADER, *DEMO_ROWS = (DEMO / "exemptions.csv").read_text().splitlines()
Losing = Callable[[list[int]], list[int]]


def row(number: int, ends: str = "2031-01-01", **more: str) -> str:
    plate = f"1{chr(65 + number // 100)}XB{number % 100:02d}0"
    cells = {
        "record_id": f"r-{number}",
        "source": "loket",
        "issuer": "stad",
        "country": "BE",
        "plate": plate,
        "type": "FL-VR-NOODGROEP",
        "status": "toegekend",
        "scope": "national",
        "valid_from": "2025-01-01",
        "valid_to": ends,
        "requested_at": "",
        **more,
    }
    return ",".join(cells.get(name, "") for name in HEADER.split(","))


ROWS = [row(number) for number in range(MANY)]
"""One in ten ends with the last day of 2025."""
ENDING = [row(n, "2025-12-31" if n % 10 == 0 else "2031-01-01") for n in range(MANY)]


def one_per_cent(rows: list[int]) -> list[int]:
    return rows[::100]


def a_single_one(rows: list[int]) -> list[int]:
    return rows[MANY // 2 : MANY // 2 + 1]


def the_tail(rows: list[int]) -> list[int]:
    return rows[-MANY // 50 :]


LOSSES = pytest.mark.parametrize("losing", [one_per_cent, a_single_one, the_tail])


class Bench:
    """A place where registries are built."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def built(self, name: str, rows: list[str], after: timedelta = timedelta()) -> Path:
        folder = self.folder / name
        folder.mkdir()
        table = folder / "exemptions.csv"
        table.write_text("\n".join([HEADER, *rows]) + "\n")
        wanted = order(folder, exemptions=table)
        at = AS_OF + after
        build(replace(wanted, name=name, vehicles_as_of=at, exemptions_as_of=at))
        return wanted.out

    def told(self, registry: Path, *, table: Path | None = None) -> tuple[int, str]:
        words = [registry, "--vehicles", DEMO / "vehicles.csv", "--exemptions"]
        words += [table or registry.with_name("exemptions.csv")]
        words += ["--token-key", registry.with_name("token.key")]
        said = CliRunner().invoke(reconcile, [str(word) for word in words])
        return said.exit_code, said.output


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("registries"))


@pytest.fixture(scope="module")
def whole(bench: Bench) -> Path:
    return bench.built("whole", ROWS)


def lose(registry: Path, out: Path, losing: Losing) -> int:
    """Lose exemptions as a fault of the build would: the file is sealed, and counts its rows."""
    draft = out.with_name("draft.sqlite")
    shutil.copyfile(registry, draft)
    with closing(sqlite3.connect(draft)) as db:
        numbers = [
            int(name[2:])
            for (name,) in db.execute("SELECT record_id FROM exemptions WHERE source = 'loket'")
        ]
        gone = losing(sorted(numbers))
        db.executemany(
            "DELETE FROM exemptions WHERE record_id = ?", [(f"r-{number}",) for number in gone]
        )
        count = db.execute("SELECT count(*) FROM exemptions").fetchone()[0]
        content = written(content_of(db))
        for name, value in (("exemptions", str(count)), ("content", content)):
            db.execute("UPDATE meta SET value = ? WHERE name = ?", (value, name))
        db.commit()
    settle(draft, out)
    return len(gone)


# --- in the file ---


@LOSSES
def test_what_the_file_lacks_is_found_beside_its_tables(bench, whole, tmp_path, losing) -> None:
    damaged = tmp_path / "registry.sqlite"
    gone = lose(whole, damaged, losing)
    with RegistryCache.open(damaged, KEY):
        pass  # whole and sealed: no box would mind
    shutil.copyfile(whole.with_name("token.key"), tmp_path / "token.key")
    code, said = bench.told(damaged, table=whole.with_name("exemptions.csv"))
    assert code == 1
    assert f"exemptions.csv: {gone} of {MANY} rows are missing, the first of line" in said
    assert "must not be published" in said


def test_the_control_is_whole(bench, whole) -> None:
    code, said = bench.told(whole)
    assert (code, said.count("nothing is missing")) == (0, 2)


def test_a_vehicle_that_the_file_lacks_is_found(bench, whole, tmp_path) -> None:
    draft, damaged = tmp_path / "draft", tmp_path / "registry.sqlite"
    shutil.copyfile(whole, draft)
    with closing(sqlite3.connect(draft)) as db:
        db.execute("DELETE FROM vehicles WHERE token = (SELECT min(token) FROM vehicles)")
        count = db.execute("SELECT count(*) FROM vehicles").fetchone()[0]
        meta = (("vehicles", str(count)), ("content", written(content_of(db))))
        db.executemany("UPDATE meta SET value = ?2 WHERE name = ?1", meta)
        db.commit()
    settle(draft, damaged)
    shutil.copyfile(whole.with_name("token.key"), tmp_path / "token.key")
    code, said = bench.told(damaged, table=whole.with_name("exemptions.csv"))
    assert (code, "vehicles.csv: 1 of" in said) == (1, True)


def test_an_exemption_that_says_something_else_is_found(bench, whole, tmp_path) -> None:
    table = tmp_path / "exemptions.csv"
    table.write_text(
        whole.with_name("exemptions.csv").read_text().replace("2031-01-01", "2032-01-01", 1)
    )
    code, said = bench.told(whole, table=table)
    assert (code, "1 say something else there" in said) == (1, True)


def test_what_the_build_leaves_out_is_no_loss(tmp_path) -> None:
    bench = Bench(tmp_path)
    table = tmp_path / "vehicles.csv"
    header, *rows = (DEMO / "vehicles.csv").read_text().splitlines()
    odd = [rows[0], rows[1].replace("diesel", "coal").replace("electric", "coal")]
    table.write_text("\n".join([header, *rows, *odd]) + "\n")
    folder = tmp_path / "odd"
    folder.mkdir()
    wanted = order(folder, vehicles=table)
    build(wanted)
    words = [wanted.out, "--vehicles", table, "--exemptions", wanted.exemptions]
    words += ["--token-key", wanted.key]
    said = CliRunner().invoke(reconcile, [str(word) for word in words])
    assert said.exit_code == 0, said.output
    assert "the build leaves out" in said.output
    assert bench.folder == tmp_path


# --- in the tables ---


def published(workshop: Workshop, made: Path, *more: str) -> Said:
    words = ("registry", "--file", made, "--token-key", made.with_name("token.key"), *more)
    return workshop.run(*words, keys=("registry", "online"))


@pytest.fixture
def first(bench: Bench, whole: Path, workshop: Workshop) -> Path:
    said = published(workshop, whole)
    assert said.code == 0, said.err
    return whole


def survivors(losing: Losing, rows: list[str] = ROWS) -> list[str]:
    gone = set(losing(list(range(len(rows)))))
    return [line for number, line in enumerate(rows) if number not in gone]


@pytest.mark.parametrize("losing", [one_per_cent, the_tail])
def test_what_the_tables_lack_is_not_published(tmp_path, first, workshop, losing) -> None:
    made = Bench(tmp_path).built("next", survivors(losing), DAY)
    gone = len(losing(list(range(MANY))))
    said = published(workshop, made)
    assert said.code == 1
    assert f"Registry next no longer knows {gone} of 602 exemptions that have not ended" in said.err
    assert "allow it with --max-lost" in said.err
    assert said.err.count("\n") == 1
    assert published(workshop, made, "--max-lost", "0.05").code == 0  # unless he says so


def test_what_ended_by_its_date_is_not_missed(tmp_path, workshop) -> None:
    """On the day after 31 December a tenth of all is gone, and nothing is lost."""
    bench = Bench(tmp_path)
    assert published(workshop, bench.built("december", ENDING, DECEMBER)).code == 0
    left = [line for line in ENDING if "2025-12-31" not in line]
    january = bench.built("january", left, DECEMBER + 2 * DAY)
    assert published(workshop, january, "--max-shrink", "0.2").code == 0


def test_but_what_is_lost_among_them_is(tmp_path, workshop) -> None:
    bench = Bench(tmp_path)
    assert published(workshop, bench.built("december", ENDING, DECEMBER)).code == 0
    left = [line for line in ENDING if "2025-12-31" not in line]
    january = bench.built("january", left[6:], DECEMBER + 2 * DAY)
    said = published(workshop, january, "--max-shrink", "0.2")
    assert "no longer knows 6 of 542 exemptions" in said.err


@pytest.mark.parametrize("change", ["withdrawn", "numbered anew"])
def test_what_was_withdrawn_or_has_another_number_is_not_lost(
    tmp_path, first, workshop, change
) -> None:
    rows = [row(n, status="ingetrokken") for n in range(30)] + ROWS[30:]
    if change == "numbered anew":
        rows = [line.replace("r-", "n-", 1) for line in ROWS]
    said = published(workshop, Bench(tmp_path).built("next", rows, DAY))
    assert said.code == 0, said.err


def of_a_year(number: int, year: int) -> str:
    dates = {"valid_from": f"{year}-01-01", "valid_to": f"{year + 1}-01-01"}
    return row(number, record_id=f"y-{year}-{number}", **dates)


def in_town(number: int, town: str, **more: str) -> str:
    return row(number, **{"record_id": f"t-{town}-{number}", "scope": town, **more})


YEARLY = [of_a_year(n, year) for n in range(MANY) for year in (2024, 2025)]
LOCAL = [in_town(n, town) for n in range(MANY) for town in ("amsterdam", "utrecht")]
TWICE = [row(n, record_id=f"{name}-{n}") for n in range(MANY) for name in ("a", "b")]


def gone_between(folder: Path, before: list[str], after: list[str]) -> int:
    bench = Bench(folder)
    pair = bench.built("before", before), bench.built("after", after, DAY)
    with RegistryCache.open(pair[0], KEY) as first, RegistryCache.open(pair[1], KEY) as then:
        return vanished(first, then).gone


@pytest.mark.parametrize("rows", [YEARLY, LOCAL], ids=["another year", "another place"])
def test_a_row_of_another_year_or_place_does_not_hide_a_loss(tmp_path, rows) -> None:
    """Each vehicle has two of one type; of twelve the one that counts is lost."""
    assert gone_between(tmp_path, rows, [*rows[:24:2], *rows[24:]]) == 12


@pytest.mark.parametrize("scope", ["national", "Amsterdam", "amsterdam+utrecht"])
def test_what_has_another_number_and_holds_wherever_it_did_is_not_lost(tmp_path, scope) -> None:
    rows = [in_town(n, "amsterdam") for n in range(20)]
    anew = [in_town(n, scope, record_id=f"n-{n}") for n in range(20)]
    assert gone_between(tmp_path, rows, anew) == 0


def test_what_was_withdrawn_in_a_row_of_its_own_is_not_lost(tmp_path) -> None:
    ended = {"status": "ingetrokken", "valid_to": "2025-06-01"}
    anew = [row(n, record_id=f"w-{n}", **ended) for n in range(20)]
    assert gone_between(tmp_path, ROWS[:20], anew) == 0


@pytest.mark.parametrize("kept", [0, 1], ids=["what holds now", "what is yet to begin"])
def test_of_two_that_follow_each_other_neither_hides_the_loss_of_the_other(tmp_path, kept) -> None:
    coming = [of_a_year(n, year) for n in range(20) for year in (2025, 2026)]
    assert gone_between(tmp_path, coming, coming[kept::2]) == 20


def test_what_is_granted_anew_from_today_on_is_not_lost(tmp_path) -> None:
    anew = [row(n, record_id=f"n-{n}", valid_from="2025-11-15") for n in range(20)]
    assert gone_between(tmp_path, ROWS[:20], anew) == 0


def test_what_holds_in_one_of_its_two_places_only_is_lost(tmp_path) -> None:
    rows = [in_town(n, "amsterdam+utrecht") for n in range(20)]
    anew = [in_town(n, "amsterdam", record_id=f"n-{n}") for n in range(20)]
    assert gone_between(tmp_path, rows, anew) == 20


@pytest.mark.parametrize(
    ("passed", "many"), [(timedelta(), 5), (DAY / 2, 5), (3 * DAY, 15), (-DAY, 5)]
)
def test_what_may_go_is_never_less_than_that_of_a_day(passed, many) -> None:
    assert Vanished(1000, 0, passed).may_be(0.005) == many
    assert Vanished(10, 0, passed).may_be(0.005) == 1


def test_what_holds_everywhere_is_not_told_by_a_row_of_one_place(tmp_path) -> None:
    rows = [row(n) for n in range(20)]
    anew = [in_town(n, "amsterdam", record_id=f"n-{n}") for n in range(20)]
    assert gone_between(tmp_path, rows, anew) == 20


def test_one_of_two_rows_that_say_the_same_is_no_loss(tmp_path) -> None:
    assert gone_between(tmp_path, TWICE, TWICE[::2]) == 0


# --- on the box ---


@pytest.fixture
def admitted(tmp_path: Path, whole: Path) -> Iterator[tuple[FreshRegistry, Path]]:
    """A box at work on the whole registry."""
    path = tmp_path / "registry.sqlite"
    settle_copy(whole, path)
    gate = Gate(shipped(), tmp_path / "accepted.json", 0.05)
    with FreshRegistry(path, KEY, gate) as registry:
        assert registry.snapshot is not None
        yield registry, path


def settle_copy(made: Path, path: Path) -> None:
    draft = path.with_name("draft")
    shutil.copyfile(made, draft)
    settle(draft, path)


@pytest.mark.parametrize("losing", [one_per_cent, the_tail])
def test_a_box_keeps_the_registry_that_still_knows_them(tmp_path, admitted, losing) -> None:
    registry, path = admitted
    settle_copy(Bench(tmp_path).built("next", survivors(losing), DAY), path)
    registry.look()
    registry.wait()
    assert registry.snapshot is not None
    assert registry.snapshot.id == "whole"
    assert registry.refused is not None
    assert "exemptions that have not ended, more than 0.50% a day" in registry.refused
    lost = ROWS[losing(list(range(MANY)))[0]].split(",")[HEADER.split(",").index("plate")]
    facts = registry.facts(desk_passage("BE", AS_OF + DAY, lost))
    assert [record.type for record in facts.exemptions] == ["FL-VR-NOODGROEP"]


def test_no_restart_lets_in_what_was_refused(tmp_path, admitted) -> None:
    registry, path = admitted
    settle_copy(Bench(tmp_path).built("next", survivors(one_per_cent), DAY), path)
    registry.look()
    registry.wait()
    assert registry.refused is not None
    gate = Gate(shipped(), tmp_path / "accepted.json", 0.05)
    with FreshRegistry(path, KEY, gate) as again:
        assert again.snapshot is None
        assert again.refused == registry.refused


def test_the_word_of_the_maintainer_lets_in_what_is_remembered_as_refused(
    tmp_path, admitted
) -> None:
    registry, path = admitted
    settle_copy(Bench(tmp_path).built("next", survivors(one_per_cent), DAY), path)
    registry.look()
    registry.wait()
    allowed = Gate(shipped(), tmp_path / "accepted.json", 0.05, max_lost=0.02)
    with FreshRegistry(path, KEY, allowed) as again:
        assert again.snapshot is not None
        assert again.snapshot.id == "next"


def test_the_control_takes_over(tmp_path, admitted) -> None:
    registry, path = admitted
    settle_copy(Bench(tmp_path).built("next", ROWS, DAY), path)
    registry.look()
    registry.wait()
    assert registry.snapshot is not None
    assert (registry.snapshot.id, registry.refused) == ("next", None)


def test_what_comes_by_an_update_is_weighed_beside_what_it_replaces(tmp_path, whole) -> None:
    bench, folders = Bench(tmp_path), (tmp_path / "000001", tmp_path / "000002")
    for folder, made in zip(
        folders, (whole, bench.built("next", survivors(one_per_cent), DAY)), strict=True
    ):
        folder.mkdir()
        settle_copy(made, folder / "registry.sqlite")
    gate = Gate(shipped(), tmp_path / "accepted.json", 0.05)
    with RegistryCache.open(folders[0] / "registry.sqlite", KEY) as cache:
        gate(cache)  # it is in force
    by_updates = RegistryGate(gate, KEY)
    with pytest.raises(RegistryError, match=r"no longer knows 6 of 602 exemptions"):
        by_updates(folders[1], folders[0], False)
    shutil.rmtree(folders[0])
    folders[0].mkdir()  # what is to be replaced is broken: that keeps no other away
    with pytest.raises(RegistryError, match=r"no longer knows 6 of 602 exemptions"):
        by_updates(folders[1], folders[0], False)  # what was found of this one is remembered
    settle_copy(bench.built("later", survivors(a_single_one), DAY), folders[1] / "registry.sqlite")
    assert by_updates(folders[1], folders[0], False).id == "later"


def test_a_box_that_was_away_for_weeks_takes_what_changed_meanwhile(tmp_path, whole) -> None:
    made = Bench(tmp_path).built("next", survivors(the_tail), 20 * DAY)
    with RegistryCache.open(whole, KEY) as before, RegistryCache.open(made, KEY) as new:
        found = vanished(before, new)
    assert (found.standing, found.gone, found.passed) == (602, MANY // 50, 20 * DAY)
    assert found.may_be(0.005) == 60
