"""What is PostgreSQL's alone: its durability, its locks, its absence."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.chains import Pen
from tests.mosquitto import wait_for
from tests.postgres import Postgres
from tests.postgres import own_postgres as own_postgres
from tests.postgres import postgres_server as postgres_server
from tools.receive.__main__ import main
from tools.receive.database import StoreError, StoreLostError, open_database
from tools.receive.growth import Verdict
from tools.receive.store import Store

psycopg = pytest.importorskip("psycopg")
PEN = Pen("box-1")
CHAIN = PEN.chain(4)
SECRET = "hunter2"
NOWHERE = f"postgresql://platform:{SECRET}@127.0.0.1:1/anpr"


def opened(address: str) -> Store:
    return Store.open(address, lambda: PEN.keyring)


def take(store: Store, number: int) -> list[Verdict]:
    return store.take([("box-1", CHAIN[number].jws)])


def test_a_server_that_is_not_there_is_told_without_the_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["receive", "--db", NOWHERE, "--report"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("receive: The database anpr on 127.0.0.1 cannot be reached")
    assert SECRET not in said


@pytest.mark.parametrize(
    "rest",
    [
        "@host:port/anpr?nonsense=1",
        f"@host/anpr?nonsense={SECRET}",
        "@[::1/anpr",
        "%zz@host/anpr",
        f"@{SECRET}@host.invalid/anpr",
    ],
)
def test_an_address_that_is_none_is_told_without_the_password(rest: str) -> None:
    with pytest.raises(StoreError) as refused:
        opened(f"postgresql://platform:{SECRET}{rest}")
    assert SECRET not in str(refused.value)


def test_a_commit_is_synced_whatever_the_server_was_set_to(own_postgres: Postgres) -> None:
    own_postgres.settings("synchronous_commit = off")
    with opened(own_postgres.address()) as store:
        assert store._db.query("SHOW synchronous_commit") == [("on",)]


def test_a_server_that_never_syncs_is_refused(own_postgres: Postgres) -> None:
    address = own_postgres.address()
    opened(address).close()
    own_postgres.settings("fsync = off")

    def is_refused() -> bool:
        try:
            opened(address).close()
        except StoreError as e:
            return "does not sync" in e.cause and "fsync = on" in e.remedy
        return False

    wait_for(is_refused, "the refusal, once the server has read its settings")


def test_receivers_that_start_at_once_make_the_tables_together(postgres_server: Postgres) -> None:
    address = postgres_server.address()
    with ThreadPoolExecutor(6) as pool:
        for store in pool.map(lambda _: opened(address), range(6)):
            store.close()


def test_a_receiver_that_hangs_with_a_box_in_its_hands_is_thrown_out(
    postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = postgres_server.address()
    with opened(address) as other:
        take(other, 0)
        monkeypatch.setattr("tools.receive.postgres.PATIENCE_MS", 200)
        with opened(address) as hung:
            hung._db.query("BEGIN")
            hung._rows.lock(["box-1"])
            assert take(other, 1) == [Verdict.STORED]
            with pytest.raises(StoreLostError):
                take(hung, 2)
            hung.reopen()
            assert take(hung, 2) == [Verdict.STORED]


def test_a_server_that_died_is_lost_and_what_it_committed_is_there_when_it_is_back(
    own_postgres: Postgres,
) -> None:
    with opened(own_postgres.address()) as store:
        take(store, 0)
        own_postgres.kill()
        with pytest.raises(StoreLostError, match="cannot be stored"):
            take(store, 1)
        with pytest.raises(StoreLostError, match="cannot be reached"):
            store.reopen()
        own_postgres.start()
        store.reopen()
        assert store.total() == 1
        assert take(store, 1) == [Verdict.STORED]


def test_tables_of_another_program_are_left_alone(postgres_server: Postgres) -> None:
    address = postgres_server.address()
    with psycopg.connect(address, autocommit=True) as db:
        db.execute("CREATE TABLE records (theirs TEXT)")
        with pytest.raises(StoreError, match="of this version"):
            opened(address)
        found = db.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        ).fetchall()
    assert found == [("records",)]


def test_without_its_driver_postgresql_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "tools.receive.postgres", raising=False)
    with pytest.raises(StoreError, match=r"anpr-edge\[postgresql\]"):
        open_database(NOWHERE)
