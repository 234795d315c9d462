"""From inputs to a lock: found, or resolved."""
