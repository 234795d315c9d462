"""From an integration's requirements to its own virtualenv, built with uv."""

from framework.environments.environment import Environment, Wanted
from framework.environments.environments import Environments
from framework.environments.lock.resolve import Upgrade

__all__ = ["Environment", "Environments", "Upgrade", "Wanted"]
