"""The broker of `tests/mosquitto.py`, for the tests beside this file."""

from tests.mosquitto import broker as broker
from tests.postgres import own_postgres as own_postgres
