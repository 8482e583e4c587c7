"""The platform's register of keys: which box may sign with which key, and which no longer."""
