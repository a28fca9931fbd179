"""Running a build: the local process pool, Beam's engines, and how the command monitors a job."""
