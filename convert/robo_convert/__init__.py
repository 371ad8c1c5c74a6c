"""Checkpoint in, portable artefacts out; nothing is written whose parity with the checkpoint fails."""
