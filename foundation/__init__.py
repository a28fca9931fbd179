"""Shared by all other packages; imports none of them.

The error tree, YAML configuration files, byte columns, numba's settings and intrinsics, the user's
cache folder, and the frozen table of character classes.
"""
