"""Running on engines: what their workers do, and how the command watches a job from outside."""
