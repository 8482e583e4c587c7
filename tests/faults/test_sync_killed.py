"""kill -9 at random moments of a sync: the old registry or the new one, proven, never neither."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.conftest import REPOSITORY
from tests.follower import Follower
from tests.repository import Publisher, registry_file

KILLS = int(os.environ.get("ANPR_EDGE_SYNC_KILLS", "15"))  # `make soak` asks for 500
FORK = """
import os, sys
from click.testing import CliRunner
from edge.cli.sync import sync
sys.stdin.readline()
for line in sys.stdin:
    child = os.fork()
    if not child:
        sys.stdin.close()
        sync(["--config", sys.argv[1]], standalone_mode=False)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("dead", flush=True)
"""
