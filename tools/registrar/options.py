"""Options that several verbs of the registrar have."""

from pathlib import Path

import click

FINDING = 1
DAYS = 397
FILE = click.Path(path_type=Path, dir_okay=False)
REGISTER = click.option("--register", "path", required=True, type=FILE, help="The keys (JSON).")
JSON = click.option("--json", "as_json", is_flag=True, help="Say it in JSON.")
