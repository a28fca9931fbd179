"""Training, evaluation and comparison of the classifier in `filters.languages.classifier`."""
