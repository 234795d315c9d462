"""How uv is run, and what its failures mean."""
