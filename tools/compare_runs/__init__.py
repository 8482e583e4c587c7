"""Two replays of the same pictures side by side: what changed, and may it be published."""
