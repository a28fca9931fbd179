"""The format of the output folder, and its readers. Imports no Beam, recipe or stage."""
