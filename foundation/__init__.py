"""Shared by all other packages; imports none of them.

The error tree, YAML configuration files, byte columns, numba's settings and intrinsics, the user's
cache folder, stub build backends for downloads with pip, and the frozen table of character classes.
"""
