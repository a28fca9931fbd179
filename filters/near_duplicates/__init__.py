"""Near duplicates: files whose sets of token 5-grams are similar by Jaccard.

In the order of the work: `shingles` (bytes to hashed shingles), `signatures` (bytes to minima,
sketches and band keys, a batch of files at a time), `bands` (how many of how many rows),
`folding` (equal sketches count once), `candidates` (equal keys to pairs), `merging` (the pairs of
all bands, each once), `verification` (which are similar), `survivors` (who stays); `ordering` sorts
and numbers rows for them.

Signatures follow from a file alone. From `candidates` on files are numbered by rank, the best 0,
and nothing depends on their order before, or on how bands, key ranges and edges are cut into tasks.
"""
