"""Who is a duplicate of whom, without moving any text.

    match copies       files of repositories that an earlier source has go; those with one content
                       id, then one sketch, count once; the rest is numbered by preference, 0 the
                       best
    propose pairs      one task a band: files whose keys of that band agree
    verify pairs       one task a range of pairs: those of all bands, each once, whose sketches
                       agree as much as the threshold asks, or nearly as much
    shingle doubtful   one task a part: the sets of shingles of files in pairs near the threshold
    settle pairs       one task a range of pairs: the exact similarity of those near the threshold
    choose survivors   best first; a file goes only if it is itself similar to one that stays

The answer depends on the set of files alone: every number is a rank by the recipe's policy, with
content id, source, repository, path, part and row to break ties.

A file whose sketch equals that of a better one takes its fate: it goes as a duplicate of that one,
similarity 1.0, or of the one that that one goes for, with that one's similarity
(`filters.near_duplicates.identical_sketches` says how surely such files are alike).
"""
