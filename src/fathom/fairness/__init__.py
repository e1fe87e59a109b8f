"""How a model does by group of rows, and how far apart the groups are."""
