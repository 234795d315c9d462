"""What `run` wires together, and what the other commands read from a configuration."""
