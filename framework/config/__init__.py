"""config.yaml: read, placeholders filled in, every section checked."""

from framework.config.config import Config, load, peek, plan
from framework.config.integrations import Integration

__all__ = ["Config", "Integration", "load", "peek", "plan"]
