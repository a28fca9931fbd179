"""Language models: a present-day decoder, and CodeGeeX."""
