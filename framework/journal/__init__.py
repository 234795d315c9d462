"""The durable record of events and deliveries: what it acknowledged survives a power cut."""

from framework.journal.entries import (
    Claim,
    DeliveryEntry,
    Desired,
    KindReport,
    ResyncReport,
    Transition,
)
from framework.journal.journal import Journal

__all__ = [
    "Claim",
    "DeliveryEntry",
    "Desired",
    "Journal",
    "KindReport",
    "ResyncReport",
    "Transition",
]
