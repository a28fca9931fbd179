"""The stages of a build. Each task reads and writes its own files in the output folder."""
