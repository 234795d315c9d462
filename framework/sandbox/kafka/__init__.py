"""The local Kafka broker, and the thread that writes to it what the local Port says."""
