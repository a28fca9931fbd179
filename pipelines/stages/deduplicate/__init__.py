"""Finds the duplicates of each file, without moving any text.

    match copies       remove files whose repository an earlier source has; merge files with equal
                       content ids, then contents with equal sketches; rank the rest by preference,
                       0 is the best
    propose pairs      one task per band: files with equal keys in the band
    verify pairs       one task per range of pairs: the pairs of all bands without repetition, if
                       their sketches are as similar as the threshold requires, or nearly
    shingle doubtful   one task per part: the shingle sets of files in pairs near the threshold
    settle pairs       one task per range of pairs: the exact similarity of pairs near the threshold
    choose survivors   best first; a file is removed only if it is itself similar to a kept file

The result depends on the set of files alone: files are ranked by the recipe's policy, and content
id, source, repository, path, part and row break ties.

A file whose sketch equals that of a better file is treated like the better file. If the better
file is kept, the other is its duplicate with similarity 1.0; if it is a duplicate itself, both are
duplicates of the same file with the same similarity. (`filters.near_duplicates.identical_sketches`
says how certain it is that such files are similar.)
"""
