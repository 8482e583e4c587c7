"""The appliance: what runs inside a roadside camera box."""

import os
from datetime import UTC, datetime

__version__ = "0.1.0"
BUILT = datetime(2026, 11, 25, tzinfo=UTC)
"""It is never earlier than this, whatever a clock says: set anew with every version."""

# onnxruntime since 1.29 reports to its maker unless this stands before it is loaded: DECISIONS 11.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
