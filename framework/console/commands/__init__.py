"""What operators type: one module for each group of commands."""
