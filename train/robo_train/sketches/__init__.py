"""Sketches: tasks written by hand with their numbers left open (`docs/sketches.md`), as verified records."""
