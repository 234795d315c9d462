"""The program that translates pages with jq, in a process of its own."""
