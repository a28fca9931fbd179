"""How the classifier of `filters.languages.classifier` is trained, measured and compared."""
