"""The benchmark of receivers: every record stored once, and figures of it."""

import json
from pathlib import Path

from click.testing import CliRunner

from tests.chains import Pen
from tests.postgres import Postgres
from tests.postgres import postgres_server as postgres_server
from tools.bench_receive import main
from tools.receive.store import Store


def measured(*words: str) -> list[dict[str, float]]:
    result = CliRunner().invoke(main, ["--records", "200", *words])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_one_and_two_receivers_store_every_record_once(tmp_path: Path) -> None:
    one, two = measured("--folder", str(tmp_path))
    assert (one["receivers"], two["receivers"]) == (1, 2)
    assert one["records_per_s"] > 0


def test_a_server_is_measured_and_a_used_database_is_left_alone(postgres_server: Postgres) -> None:
    address = postgres_server.address()
    (two,) = measured("--db", address, "--receivers", "2")
    assert two["records"] == 200
    pen = Pen("box-1")
    with Store.open(address, lambda: pen.keyring) as store:
        store.take([("box-1", pen.write().jws)])
        assert CliRunner().invoke(main, ["--records", "100", "--db", address]).exit_code == 1
        assert store.total() == 201
