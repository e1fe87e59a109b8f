"""Pictures of a run and of a model, and the report that holds them."""
