"""Everything of one integration inside the supervisor: its owner thread, its lanes, its state."""
