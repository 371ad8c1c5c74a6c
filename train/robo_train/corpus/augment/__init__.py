"""Authored projects seen from more sides: other words, pins, numbers, layouts; every result is simulated."""

from robo_train.corpus.augment.run import augmented

__all__ = ["augmented"]
