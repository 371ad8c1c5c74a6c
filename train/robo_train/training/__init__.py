"""The training run: schedule, loop, records of it, resumable checkpoints."""
