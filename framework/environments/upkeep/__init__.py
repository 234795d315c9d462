"""What operators do with environments: list, collect, examine, repair."""
