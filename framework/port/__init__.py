"""Port's REST API: one client for each thread, one token for all, one module for each resource."""
