"""The appliance: what runs inside a roadside camera box."""

__version__ = "0.1.0"
