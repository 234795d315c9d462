"""From a lock to a built environment."""
