"""The contract between the supervisor and an integration: messages, and bytes that carry them."""
