"""The durable record of events and deliveries: what it acknowledged survives a power cut."""

from framework.journal.entries import Claim, KindReport, ResyncReport
from framework.journal.journal import Journal

__all__ = ["Claim", "Journal", "KindReport", "ResyncReport"]
