"""What a receiver knows of keys, however many there are."""

from collections.abc import ValuesView
from pathlib import Path

from edge.record.envelope import TrustedKey
from tests.chains import Pen
from tools.receive.growth import Verdict
from tools.receive.store import Store


class Counted(dict[str, TrustedKey]):
    """A register that counts how often it is read from end to end."""

    readings = 0

    def values(self) -> ValuesView[TrustedKey]:
        type(self).readings += 1
        return super().values()


def test_a_burst_does_not_look_at_every_key_of_the_register(tmp_path: Path) -> None:
    """With a hundred thousand boxes that would be most of its time."""
    pen = Pen("box-1")
    register = Counted(pen.keyring)
    with Store.open(tmp_path / "received.sqlite", lambda: register) as store:
        verdicts = [store.take([("box-1", one.jws)]) for one in pen.chain(5)]
    assert verdicts == [[Verdict.STORED]] * 5
    assert Counted.readings <= 1
