"""Read YAML configuration files, and explain every mistake in them with its line.

`loader.load_config` returns the validated model of a file, or raises a `ConfigError` with all
mistakes. The types of keys are described in words from pydantic's JSON schema (`schema`).
"""
