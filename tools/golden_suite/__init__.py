"""The golden suite: made-up streets on which the box must do what it is known to do."""
