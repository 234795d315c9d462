"""The local Kafka broker, and the records that the local Port writes to it."""
