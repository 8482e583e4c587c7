"""The seam between the service that owns the microcontroller and the daemon, on one machine."""
