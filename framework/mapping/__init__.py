"""Mappings: read, checked, and applied to pages by a pool of mapper processes."""
