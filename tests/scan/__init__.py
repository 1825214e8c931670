"""A scanner of others, let loose on a demo as each of its staff."""
