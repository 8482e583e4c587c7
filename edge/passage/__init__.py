"""Readings -> one passage per vehicle (pure)."""
