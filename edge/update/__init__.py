"""Trusted updates: what a maintainer releases, and how a box takes it."""
