"""An adapter as a GGUF file (`general.type` adapter), as llama.cpp's convert_lora_to_gguf.py writes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import (
    GgufFile,
    Shape,
    gguf_name,
    heads_to_permute,
    permute_rows,
    read_gguf,
    unpermute_rows,
)

from robo_convert.adapters.lora import Adapter, Pair
from robo_convert.checkpoint import Checkpoint

ALPHA = "adapter.lora.alpha"


def write_adapter(path: Path, adapter: Adapter, source: Checkpoint) -> None:
    """Write it in float32. llama.cpp scales a pair by alpha / rank: what differs from that goes into B."""
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "llama")
    try:
        writer.add_type("adapter")
        writer.add_name(adapter.name)
        writer.add_description(f"LoRA adapter of {source.name}")
        writer.add_license(source.training.licence)
        writer.add_string("adapter.type", "lora")
        writer.add_float32(ALPHA, adapter.alpha)
        for name, pair in adapter.pairs.items():
            factor = np.float32(pair.scale * len(pair.a) / adapter.alpha)
            b = pair.b if factor == 1 else pair.b * factor
            heads = heads_to_permute(name, source.shape)
            writer.add_tensor(f"{gguf_name(name)}.lora_a", np.ascontiguousarray(pair.a))
            rows = permute_rows(b, heads) if heads else b
            writer.add_tensor(f"{gguf_name(name)}.lora_b", np.ascontiguousarray(rows))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def read_pairs(path: Path, names: list[str], shape: Shape) -> tuple[GgufFile, dict[str, Pair]]:
    """The pairs of a written file, by Hugging Face names.

    Raises:
        RoboError: it is no adapter, or a tensor is missing or unknown.
    """
    file = read_gguf(path)
    if file.metadata.get("general.type") != "adapter" or file.metadata.get("adapter.type") != "lora":
        raise RoboError(f"{path}: is no LoRA adapter")
    stored = {f"{gguf_name(name)}.lora_{half}": (name, half) for name in names for half in "ab"}
    if odd := sorted(set(stored) ^ set(file.tensors)):
        raise RoboError(f"{path}: tensor {odd[0]} is {'missing' if odd[0] in stored else 'unknown'}")
    pairs = {}
    for name in names:
        a, b = (
            np.array(file.tensors[f"{gguf_name(name)}.lora_{half}"].data, dtype=np.float32) for half in "ab"
        )
        heads = heads_to_permute(name, shape)
        pairs[name] = Pair(a, unpermute_rows(b, heads) if heads else b, file.metadata[ALPHA] / len(a))
    return file, pairs
