"""The maintainer's side of trusted updates: keys, releases, rollouts (deploy/UPDATES.md)."""
