"""What a maintainer types."""
