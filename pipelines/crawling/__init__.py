"""Repositories of GitHub, discovered and fetched: what the source `github` of a build reads."""
