"""The choices on the left, in the order of thought."""
