"""From an integration's requirements.txt to a virtualenv of its own, built with uv."""

from framework.environments.environment import Environment
from framework.environments.environments import Environments

__all__ = ["Environment", "Environments"]
