"""The Pythons of this machine: found, asked once, remembered."""
