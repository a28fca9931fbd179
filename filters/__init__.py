"""Rules that decide which files to keep: pure functions over columns, without Beam and I/O."""
