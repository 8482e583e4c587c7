"""A device to work against where there is none: on a pty, with faults to order."""
