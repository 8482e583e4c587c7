import click
import pytest
from click.testing import CliRunner

from edge.cli.finite import Finite


@click.command()
@click.option("--share", type=Finite(0, 1), default=0.5)
@click.option("--least", type=Finite(min=0))
def asked(share: float, least: float | None) -> None:
    click.echo(f"{share} {least}")


@pytest.mark.parametrize("value", ["nan", "NaN", "inf", "-inf", "1e999"])
def test_what_is_no_number_lies_in_no_range(value: str) -> None:
    for option in ("--share", "--least"):
        done = CliRunner().invoke(asked, [option, value])
        assert done.exit_code == 2
        assert "is not" in done.output


def test_numbers_of_the_range_pass() -> None:
    assert CliRunner().invoke(asked, ["--share", "1", "--least", "7"]).output == "1.0 7.0\n"
    assert CliRunner().invoke(asked, []).output == "0.5 None\n"
    assert CliRunner().invoke(asked, ["--share", "1.01"]).exit_code == 2
