"""Rows of a corpus in a computed order, as micro-batches for each rank."""
