"""Readings of cameras that we do not own (R004-81): what they say, and how it reaches us."""
