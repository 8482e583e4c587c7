"""The technician's page on the box: see `edge/panel/README.md`."""
