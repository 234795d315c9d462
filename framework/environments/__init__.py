"""From an integration's requirements to a virtualenv of its own, built with uv."""

from framework.environments.environment import Environment, Wanted
from framework.environments.environments import Environments
from framework.environments.lock.resolve import Upgrade

__all__ = ["Environment", "Environments", "Upgrade", "Wanted"]
