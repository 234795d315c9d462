"""What operators see: the API on a unix socket, the client that the command line talks through."""
