"""The front door: `python supervisor.py run`."""

from framework.main import main

main()
