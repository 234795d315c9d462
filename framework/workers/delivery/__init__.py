"""Deliveries of one integration, and the lanes that work on them."""
