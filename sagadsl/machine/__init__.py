"""`Definition` in, `transitions` machines out: no I/O, no clock, no randomness."""
