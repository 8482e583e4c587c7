"""The appliance: what runs inside a roadside camera box."""

import os

__version__ = "0.1.0"

# onnxruntime since 1.29 reports to its maker unless this stands before it is loaded: DECISIONS 11.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
