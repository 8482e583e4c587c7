"""Synthetic plates, vehicles, scenes and clips: the licence-clean source of training material."""
