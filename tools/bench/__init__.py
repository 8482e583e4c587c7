"""What a box costs: stages, models beside their peers, processes, and how that changes."""
