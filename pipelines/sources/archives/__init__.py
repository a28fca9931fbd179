"""Archives as repositories, read as a stream: nothing is unpacked on disk or held whole."""
