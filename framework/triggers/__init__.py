"""Triggers turn something outside into events: one module for each trigger channel."""

from framework.triggers.kafka import Kafka

Channel = Kafka
"""The trigger channels that `triggerChannel:` may name; a new one is a new member."""
