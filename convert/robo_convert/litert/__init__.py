"""Checkpoint to LiteRT (.tflite)."""
