"""What operators see: the API on a unix socket, its client, the commands and their tables."""
