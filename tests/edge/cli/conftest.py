"""The publisher and the box of the updates, for the tests beside this file."""

from tests.edge.update.conftest import box as box
from tests.edge.update.conftest import publisher as publisher
from tests.edge.update.conftest import registries as registries
