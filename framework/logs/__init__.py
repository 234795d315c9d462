"""The log: one line format, on stderr and in a file for each integration."""

from framework.logs.files import path as path
from framework.logs.line import Format as Format
from framework.logs.logs import Logs as Logs
from framework.logs.plain import set_up as set_up
from framework.logs.settings import Logging as Logging
