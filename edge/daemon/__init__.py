"""The order of work: pipeline.py is the box on one screen."""
