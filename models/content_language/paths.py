"""Where things lie: lists beside this file, and what is fetched and made under build/."""

from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "content_language"
PACKAGES = BUILD / "packages"
FILES = BUILD / "files.parquet"
