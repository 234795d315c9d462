"""How uv is run, step by step, and what its failures mean."""
