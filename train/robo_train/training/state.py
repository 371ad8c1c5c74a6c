"""The resumable state of a run: written so that a kill at any moment leaves a whole one, and found again.

last.ckpt       after the last saved step
previous.ckpt   the one before it, for when the last is damaged or holds diverged weights
stable.ckpt     where a `wsd` schedule began to decay: a longer run goes on from it
"""

from __future__ import annotations

import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_file

LAST, PREVIOUS, STABLE, MARK = "last.ckpt", "previous.ckpt", "stable.ckpt", "fingerprint.txt"


def set_aside(run: Path) -> None:
    """Rename a run folder away, so that nothing of it is lost."""
    if run.exists():
        run.rename(run.with_name(f"{run.name}-{time.strftime('%Y%m%d-%H%M%S')}"))


def write_state(path: Path, write: Callable[[Path], None]) -> None:
    """Write `last.ckpt` by `write`, keeping the one that was there as `previous.ckpt`."""
    with atomic_file(path) as temporary:
        write(temporary)
        if path.exists() and path.name == LAST:
            path.replace(path.with_name(PREVIOUS))


def forget_last(run: Path) -> bool:
    """Put `previous.ckpt` in the place of `last.ckpt`; False when there is none."""
    if (run / PREVIOUS).exists():
        (run / PREVIOUS).replace(run / LAST)
        return True
    return False


def remove_state(run: Path) -> None:
    """After a finished run; `stable.ckpt` stays."""
    for name in (LAST, PREVIOUS):
        (run / name).unlink(missing_ok=True)


def whole(path: Path) -> bool:
    """True when a checkpoint is there and no byte of it is missing or changed (a zip with checksums)."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False


def find_state(run: Path, mark: str, *, writing: bool) -> Path | None:
    """The checkpoint that a run with the fingerprint `mark` goes on from; None for a new run.

    Another run's folder is set aside (by the process that is `writing`).

    Raises:
        RoboError: there are checkpoints of this run, and none can be read.
    """
    note, states = run / MARK, [run / LAST, run / PREVIOUS]
    found = [p for p in states if p.exists()]
    known = note.read_text(encoding="utf-8").strip() if note.exists() else ""
    if known != mark:
        if writing and (known or found):
            set_aside(run)
        return None
    if writing:
        for half in run.glob(".*.ckpt.*.tmp"):  # of a process killed while it wrote
            half.unlink(missing_ok=True)
    for path in found:
        if whole(path):
            if path.name == PREVIOUS:
                warnings.warn(f"{run / LAST} is missing or damaged; going on from {path.name}", stacklevel=2)
            return path
    if found:
        names = " and ".join(p.name for p in found)
        raise RoboError(f"{run}: {names} cannot be read; --fresh sets the folder aside and trains anew")
    return None
