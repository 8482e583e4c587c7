"""Trusted updates: what a maintainer signs, and what a box dares to take."""
