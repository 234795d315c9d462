"""The environments that were built: their receipts, and who uses them."""
