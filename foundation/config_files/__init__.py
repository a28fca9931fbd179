"""Configuration files in YAML, validated by pydantic: every mistake at once, each with its line."""
