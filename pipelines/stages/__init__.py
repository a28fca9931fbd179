"""The stages of a build. Each task reads and writes files of its own in the output folder."""
