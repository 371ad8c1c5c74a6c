"""A model as a `.litertlm` bundle, which LiteRT-LM runs by itself: a TFLite file in its terms, a tokenizer.

Signatures: `decode` (one token) and `prefill_128`, with `tokens` (1, T), `input_pos` (T,) and whole caches
`kv_cache_k_N`, `kv_cache_v_N` that go in and come out. LiteRT-LM cuts texts itself, by `tokenizer.json`:
sentencepiece gives no text a control token, and a prompt of ours has some. So a text that names one gets it,
whoever typed it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_file
from robo_runtime.prompt import BOS, control_tokens

from robo_convert.beside import metadata_of
from robo_convert.checkpoint import Checkpoint
from robo_convert.litert.graph import LENGTHS, Writer, build

SUFFIX = ".litertlm"


class BundleWriter(Writer):
    """Signatures as LiteRT-LM expects them."""

    lengths: ClassVar[Mapping[str, int]] = {"decode": 1, "prefill_128": LENGTHS["prefill"]}

    def inputs(self) -> int:
        """See `Writer`."""
        o = self.ops
        tokens = o.input("tokens", (1, self.length), "int32")
        self.position = o.slice(o.input("input_pos", (self.length,), "int32"), 0, 0, 1)
        self.caches = {
            f"{part}_{n}": o.input(_name(part, n), self.cache)
            for n in range(self.shape.layers)
            for part in ("keys", "values")
        }
        self.start = o.concat([o.ints([0, 0]), self.position, o.ints([0])], 0)
        return tokens

    def kept(self, part: str, n: int, new: int) -> tuple[str, int]:
        """See `Writer`: the whole cache, with the new rows in it."""
        return _name(part, n), self.ops.update(self.caches[f"{part}_{n}"], new, self.start)


def write_bundle(source: Checkpoint, quant: str, path: Path) -> None:
    """Write the bundle of a checkpoint in a precision of `weights.PRECISIONS`.

    Raises:
        RoboError: litert-lm-builder is not installed, or the model has no prompt format.
    """
    try:
        from litert_lm_builder.litertlm_builder import (
            DType,
            LitertLmFileBuilder,
            Metadata,
            TfLiteModelType,
        )
    except ImportError:
        raise RoboError(
            f"{path.name}: litert-lm-builder is not installed: python -m pip install 'robo-convert[litertlm]'"
        ) from None
    if source.training.imported:
        raise RoboError(f"{path.name}: a model that others made knows no prompt of ours")
    content = build(source.weights, source.shape, quant, metadata_of(source, quant), BundleWriter)
    with tempfile.TemporaryDirectory() as temporary, atomic_file(path) as target:
        model, about = Path(temporary) / "model.tflite", Path(temporary) / "metadata.pb"
        model.write_bytes(content)
        about.write_bytes(_about(source))
        bundle = LitertLmFileBuilder()
        bundle.add_system_metadata(Metadata(key="Authors", value="RoboLM", dtype=DType.STRING))
        bundle.add_llm_metadata(str(about))
        bundle.add_hf_tokenizer(str(source.path / "tokenizer.json"))
        bundle.add_tflite_model(str(model), TfLiteModelType.PREFILL_DECODE)
        with target.open("wb") as file:
            bundle.build(file)


def _about(source: Checkpoint) -> bytes:
    """What LiteRT-LM must know: how texts begin and end, and what stands around a request."""
    from litert_lm_builder.runtime.proto.llm_metadata_pb2 import LlmMetadata

    found = LlmMetadata()
    found.start_token.token_ids.ids.append(control_tokens().index(BOS))
    for end in source.ends:
        found.stop_tokens.add().token_ids.ids.append(end)
    found.max_num_tokens = source.shape.context
    found.llm_model_type.generic_model.SetInParent()
    templates = found.prompt_templates
    templates.user.prefix, templates.user.suffix = "[USER]", "[/USER]"
    templates.model.prefix, templates.model.suffix = "[CODE]", "[/CODE]"
    return bytes(found.SerializeToString(deterministic=True))


def _name(part: str, n: int) -> str:
    return f"kv_cache_{part[0]}_{n}"
