"""What `run` wires together."""
