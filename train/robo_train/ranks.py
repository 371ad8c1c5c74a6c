"""Which process of a distributed run this one is, before anything heavy is loaded."""

from __future__ import annotations

import os


def first_process() -> bool:
    """True in the process that prints and writes: rank 0 of a launcher, or the only process there is.

    torchrun and SLURM say the rank; Lightning starts the further processes of a host with a local rank and
    leaves the host's number in NODE_RANK.
    """
    for name in ("RANK", "SLURM_PROCID"):
        if name in os.environ:
            return int(os.environ[name]) == 0
    ranks = (os.environ.get("LOCAL_RANK", 0), os.environ.get("NODE_RANK", os.environ.get("GROUP_RANK", 0)))
    return all(int(rank) == 0 for rank in ranks)
