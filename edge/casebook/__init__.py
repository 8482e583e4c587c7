"""The held candidates of a box, until each has its one signed end."""
