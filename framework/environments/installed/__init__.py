"""The environments that are there: their receipts, who uses them."""
