"""JSON lines, compressed or not: streams cut into blocks of lines, lines parsed by kernels."""
