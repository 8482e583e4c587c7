"""Proven records in the shapes that other platforms parse; the records stay as signed."""
