"""What operators do about environments: list, collect, examine, repair."""
