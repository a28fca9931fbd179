"""Read YAML configuration files, and explain every mistake in them with its line."""
