"""How data moves: recipes, sources, the stages of a build, the command. Never imports torch."""
