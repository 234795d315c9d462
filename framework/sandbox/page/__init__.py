"""The web page that shows the local Port, and what it calls."""
