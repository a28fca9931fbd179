"""Which files stay: pure functions over columns, without Beam and without reading or writing."""
