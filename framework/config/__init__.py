"""config.yaml: read, filled in from the environment, checked as a whole."""

from framework.config.config import Config, load, peek
from framework.config.integrations import Integration

__all__ = ["Config", "Integration", "load", "peek"]
