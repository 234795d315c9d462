"""The supervisor: decides the order in which everything starts, changes and stops."""

from framework.supervisor.supervisor import Supervisor as Supervisor
