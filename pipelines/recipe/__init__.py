"""What to build: the recipe's types, how a YAML file becomes one, and messages about mistakes.

`loader.load` reads a recipe file or a built-in recipe by name; `model.Recipe` is the result with
every default spelled out, and `Recipe.to_yaml` writes it.
"""
