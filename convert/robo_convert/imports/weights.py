"""Weights of a Hugging Face folder as float32: one file or several, of any float type; nothing pickled."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from robo_runtime.errors import RoboError
from robo_runtime.files import read_data
from robo_runtime.gguf_file import HEAD, Shape

from robo_convert.checkpoint import check_weights
from robo_convert.reference import Array

ONE, INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLED = (".bin", ".pt", ".pth", ".ckpt")
_EMBEDDING = "model.embed_tokens.weight"
_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def weight_files(folder: Path) -> list[Path]:
    """The files that hold the weights.

    Raises:
        RoboError: there are none that are safe to read, or one of several is missing.
    """
    if (folder / ONE).is_file():
        return [folder / ONE]
    if (folder / INDEX).is_file():
        index = read_data(folder / INDEX)
        places = index.get("weight_map") if isinstance(index, dict) else None
        if not isinstance(places, dict) or not places:
            raise RoboError(f"{folder / INDEX}: weight_map: a file for each tensor was expected")
        names = sorted({str(name) for name in places.values()})
        for name in names:
            if Path(name).name != name or not (folder / name).is_file():
                raise RoboError(f"{folder / INDEX}: names {name}, which is not in the folder; copy it, too")
        return [folder / name for name in names]
    pickled = sorted(p.name for p in folder.iterdir() if p.suffix in PICKLED)
    if pickled:
        raise RoboError(
            f"{folder}: {pickled[0]} is a pickle, which can run any code when it is read; save the model"
            " again as safetensors: AutoModelForCausalLM.from_pretrained(...).save_pretrained(...)"
        )
    raise RoboError(f"{folder}: holds neither {ONE} nor {INDEX}")


def read_weights(folder: Path, files: list[Path], shape: Shape) -> dict[str, Array]:
    """All tensors of a shape, by their names.

    Raises:
        RoboError: a file is damaged, a tensor is missing, unknown, misshapen, of no float type or not finite.
    """
    found: dict[str, Array] = {}
    for path in files:
        tensors = read_tensors(path)
        if twice := sorted(set(found) & set(tensors)):
            raise RoboError(f"{path}: tensor {twice[0]} is in another file, too")
        found |= tensors
    # transformers once stored these, and computes them.
    found = {name: w for name, w in found.items() if not name.endswith("rotary_emb.inv_freq")}
    if shape.tied and HEAD in found:
        if _EMBEDDING in found and not np.array_equal(found[HEAD], found[_EMBEDDING]):
            raise RoboError(
                f"{folder}: {HEAD} is not the embedding, but config.json has tie_word_embeddings true (or has"
                " not said); write false into it if the head is its own"
            )
        del found[HEAD]
    return check_weights(found, shape, files[0] if len(files) == 1 else folder)


def read_tensors(path: Path) -> dict[str, Array]:
    """All tensors of a safetensors file as float32.

    Raises:
        RoboError: it is damaged, or a tensor is of no float type.
    """
    from safetensors import SafetensorError, deserialize

    try:
        tensors: list[tuple[str, dict[str, Any]]] = deserialize(path.read_bytes())
    except SafetensorError as e:
        raise RoboError(f"{path}: damaged or cut short ({e}); copy it again") from None
    except OSError as e:
        raise RoboError(f"{path}: cannot be read: {e}") from None
    return {name: _float32(tensor, f"{path}: tensor {name}") for name, tensor in tensors}


def _float32(tensor: dict[str, Any], where: str) -> Array:
    kind = str(tensor["dtype"])
    if kind not in _TYPES:
        raise RoboError(f"{where} is {kind}; weights of {', '.join(_TYPES)} are read")
    data: NDArray[Any] = np.frombuffer(tensor["data"], dtype=_TYPES[kind])
    if kind == "BF16":  # the upper half of a float32
        data = (data.astype(np.uint32) << 16).view(np.float32)
    if data.size != math.prod(tensor["shape"]):
        raise RoboError(f"{where}: {data.size} numbers for a shape of {tensor['shape']}")
    with np.errstate(over="ignore"):
        return data.astype(np.float32).reshape(tensor["shape"])
