"""Build training corpora of source code; each sub-package is a top-level folder of the project."""
