"""Where records come from: one file an input, each yielding parts and record batches."""
