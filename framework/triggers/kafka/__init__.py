"""The trigger channel KAFKA: Port's topics, read by one consumer for all integrations."""

from framework.triggers.kafka.channel import Kafka, Tls

__all__ = ["Kafka", "Tls"]
