"""What to build: the recipe's types, how a file becomes one, and what is said when it does not.

`load` reads a recipe file or a shipped recipe by name; `Recipe` is the result with every default
spelled out, and `Recipe.to_yaml` writes it.
"""

from codecorpus.pipelines.recipe.diff import differences
from codecorpus.pipelines.recipe.errors import RecipeError
from codecorpus.pipelines.recipe.loader import LoadedRecipe, load, load_resolved, loads
from codecorpus.pipelines.recipe.model import Deduplicate, Encode, FolderSource, Near, Recipe
from codecorpus.pipelines.recipe.paths import resolve_path, resolve_paths

__all__ = [
    "Deduplicate",
    "Encode",
    "FolderSource",
    "LoadedRecipe",
    "Near",
    "Recipe",
    "RecipeError",
    "differences",
    "load",
    "load_resolved",
    "loads",
    "resolve_path",
    "resolve_paths",
]
