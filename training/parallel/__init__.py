"""One mesh of processes: copies of the model, shards of a copy, and tensor parallelism."""
