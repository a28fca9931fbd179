"""Reads JSON lines, compressed or not: splits, decompression, lines, parsing."""
