"""What a person types on the box, one file per verb."""
