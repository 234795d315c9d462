"""What an author imports; beside it only the standard library and msgspec are needed."""

from framework.errors import AuthError, ConfigError, TransientError
from framework.sdk.attempt import Cancelled
from framework.sdk.integration import Integration
from framework.sdk.resync import Resync

__all__ = ["AuthError", "Cancelled", "ConfigError", "Integration", "Resync", "TransientError"]
