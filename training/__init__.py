"""Trains a model on the rows of a corpus. The only package that knows torch."""
