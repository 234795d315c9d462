"""A resync: mapping, translation in mapper processes, storing, and what may be deleted."""
