"""Inspects a complete build: its report, the decisions about a file, and verification."""
