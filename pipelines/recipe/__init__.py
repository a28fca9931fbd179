"""Recipes, which define what to build.

`loader.load` reads a recipe's file, or a built-in recipe by its name. The result is a
`model.Recipe` with every default filled in, which `Recipe.to_yaml` writes.
"""
