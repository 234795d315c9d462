"""The local Port."""
