"""What all integrations share of this machine: starts, memory, processes, limits."""
