"""What the box knows offline of vehicles: read-only, and never a plate in clear."""
