"""The task composer: meanings are drawn, said in many ways, written as programs, and verified."""

from robo_train.compose.sample import Sample, samples
from robo_train.compose.splits import SPLITS, Split

__all__ = ["SPLITS", "Sample", "Split", "samples"]
