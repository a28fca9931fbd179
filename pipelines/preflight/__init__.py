"""What a build would give, predicted from a sample of its input."""
