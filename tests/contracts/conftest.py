"""The broker and the database server, for the tests beside this file."""

from tests.mosquitto import broker as broker
from tests.postgres import postgres_server as postgres_server
