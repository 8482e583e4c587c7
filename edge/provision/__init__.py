"""A box is made: configuration, keys, the platform's answer, first updates, and the proof of it."""
