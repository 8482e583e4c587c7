"""Pixels -> text: find plates, straighten them, read them."""
