"""Names and types of a program while it is being written."""
