"""What the box swears to: messages, signatures, the chain."""
