"""One process from its start to its burial."""
