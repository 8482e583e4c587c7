"""Thousands of simulated boxes against a real broker, real receivers and a real database."""
