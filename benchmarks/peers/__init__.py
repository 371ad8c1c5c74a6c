"""Our runtime beside the libraries that others use: same weights, same prompts, turn by turn."""
