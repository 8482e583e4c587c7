"""The broker of `tests/mosquitto.py`, for the tests beside this file."""

from tests.mosquitto import broker as broker
from tests.mosquitto import swept as swept
