"""A local Port and a local Kafka broker, so that everything runs on a laptop with no account."""
