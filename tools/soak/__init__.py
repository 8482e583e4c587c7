"""A box at work for hours, with its uplink, a broker and a platform: what grows, what is lost."""
