"""The workshop: commands of maintainers and testers; tools import edge, never the reverse."""
