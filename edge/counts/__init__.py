"""Plate-free figures for monitoring: what is counted, related, withheld and handed over."""
