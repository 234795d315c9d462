"""What is asked of integrations by name: verbs, who is meant, what came of it."""
