"""Core ML: converted on any machine, proved by evaluating the saved program, run on Apple's own alone."""
