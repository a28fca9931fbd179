"""What every other package stands on; imports nothing of the project.

The error tree, columns of bytes as numpy views, the compiler's settings, unaligned loads, and the
frozen table of character classes.
"""
