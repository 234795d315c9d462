"""The local Port: its catalog, its rules, its routes."""
