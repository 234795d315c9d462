"""What an integration runs in: built, taken into use, rolled back."""
