"""May it drive here? Dated law as data, read by pure functions."""
