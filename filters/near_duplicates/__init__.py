"""Near duplicates: files whose sets of token 5-grams are similar by Jaccard.

The modules in the order of the work:

    shingles             bytes to hashed token n-grams
    signatures           shingles to minima, sketches and band keys, one batch of files at a time
    bands                how many bands of how many rows
    identical_sketches   files with equal sketches are represented by the best of them
    candidates           equal band keys to candidate pairs
    sorted_merge         the distinct pairs of all bands
    verification         which pairs are similar
    survivors            which files are kept
    radix_sort           sorting and numbering rows, for the others

A file's signature depends on the file alone. From `candidates` on, files are numbered by rank (0 is
the best). The result does not depend on the order of the input, nor on how bands, key ranges and
pairs are divided into tasks.
"""
