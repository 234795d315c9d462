"""What an environment is built from: read, and identified by keys."""
