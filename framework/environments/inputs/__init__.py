"""What an environment is built from, read and named."""
