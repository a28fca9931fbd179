"""Paths: the lists next to this file, and fetched and generated files under build/."""

from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "content_language"
PACKAGES = BUILD / "packages"
FILES = BUILD / "files.parquet"
