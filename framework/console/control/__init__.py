"""Requests to integrations: the verbs, the selection of integrations, the outcomes."""
