"""Looking at a build: the report, why a file is in or out, and whether all of it holds."""
