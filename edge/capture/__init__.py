"""Pixels in: cameras, clips, image folders."""
