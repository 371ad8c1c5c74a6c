"""What goes with a model file that holds no tokenizer: the tokenizer beside it, and what its metadata say."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from robo_runtime.engine.beside import CONTEXT_KEY, IMPORTED_KEY, TOKENIZER_KEY

from robo_convert.checkpoint import Checkpoint
from robo_convert.manifest import Role


def copy_tokenizer(source: Checkpoint, folder: Path) -> dict[str, Role]:
    """Put a checkpoint's tokenizer into an export; the roles of its files there."""
    for name in source.tokenizer_files:
        shutil.copyfile(source.path / name, folder / name)
    return dict.fromkeys(source.tokenizer_files, "tokenizer")


def metadata_of(source: Checkpoint, quant: str) -> dict[str, str]:
    """What engines read from a file (see `robo_runtime.engine.beside`), and whose model it is."""
    found = {
        CONTEXT_KEY: str(source.shape.context),
        TOKENIZER_KEY: hashlib.sha256(source.tokenizer).hexdigest(),
        "robolm.name": source.name,
        "robolm.licence": source.training.licence,
        "robolm.quant": quant,
    }
    if imported := source.training.imported:
        found[IMPORTED_KEY] = imported.source
    return found
