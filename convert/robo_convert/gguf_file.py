"""A model as a GGUF file and back: names, row order, metadata, tokenizer.

Format: ggml/docs/gguf.md; architecture `llama` as llama.cpp reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from robo_runtime.errors import RoboError
from robo_runtime.prompt import BOS, CHAT_TEMPLATE, EOS, PAD, UNK

from robo_convert.checkpoint import Checkpoint, expected_tensors
from robo_convert.quants import Quant, check_rows, dequantise, quantise
from robo_convert.reference import Array, Shape, Weights
from robo_convert.vocabulary import Vocabulary

END_OF_TURN = "[/CODE]"
_PARTS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def gguf_name(name: str) -> str:
    """GGUF's name of a Hugging Face tensor; without `output.weight` the head is tied to the embedding."""
    if name == "model.embed_tokens.weight":
        return "token_embd.weight"
    if name == "model.norm.weight":
        return "output_norm.weight"
    _, _, layer, part = name.removesuffix(".weight").split(".", 3)
    return f"blk.{layer}.{_PARTS[part]}.weight"


def permute_rows(weight: Array, heads: int) -> Array:
    """Rows of q or k from halves (i, i + P / 2) to neighbours (2i, 2i + 1): the RoPE layout of llama.cpp."""
    out, width = weight.shape
    return weight.reshape(heads, 2, out // heads // 2, width).swapaxes(1, 2).reshape(out, width)


def unpermute_rows(weight: Array, heads: int) -> Array:
    """Inverse of `permute_rows`."""
    out, width = weight.shape
    return weight.reshape(heads, out // heads // 2, 2, width).swapaxes(1, 2).reshape(out, width)


def heads_to_permute(name: str, shape: Shape) -> int | None:
    """Heads of a tensor whose rows change order, by either of its names; None for all others."""
    if name.endswith(("q_proj.weight", "attn_q.weight")):
        return shape.heads
    return shape.kv_heads if name.endswith(("k_proj.weight", "attn_k.weight")) else None


def write_gguf(path: Path, source: Checkpoint, vocabulary: Vocabulary, quant: Quant) -> None:
    """Write one GGUF file.

    Raises:
        RoboError: a row length the precision cannot store, or a weight beyond F16.
        OSError: the disk is full.
    """
    from gguf import GGMLQuantizationType, GGUFWriter

    tensors = {}
    for name, weight in source.weights.items():
        heads = heads_to_permute(name, source.shape)
        tensors[gguf_name(name)] = permute_rows(weight, heads) if heads else weight
    check_rows(tensors, quant)
    writer = GGUFWriter(path, "llama")
    try:
        _add_general(writer, source, quant)
        _add_shape(writer, source.shape)
        _add_tokenizer(writer, vocabulary)
        for name, weight in tensors.items():
            kind = quant.type_of(name, weight.ndim)
            writer.add_tensor(name, quantise(weight, kind, name), raw_dtype=GGMLQuantizationType[kind])
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def _add_general(writer: Any, source: Checkpoint, quant: Quant) -> None:
    from gguf import GGML_QUANT_VERSION

    writer.add_type("model")
    writer.add_name(source.name)
    writer.add_size_label(size_label(source.parameters))
    writer.add_description(source.training.description)
    writer.add_license(source.training.licence)
    writer.add_languages(list(source.training.languages))
    writer.add_tags(["micropython", "esp32", "code", "text-generation"])
    writer.add_file_type(quant.file_type)
    writer.add_quantization_version(GGML_QUANT_VERSION)


def size_label(parameters: int) -> str:
    """9437568 as "9.4M", 104480 as "104K"."""
    return f"{parameters / 1e6:.1f}M" if parameters >= 1e6 else f"{parameters / 1e3:.0f}K"


def _add_shape(writer: Any, shape: Shape) -> None:
    writer.add_vocab_size(shape.vocab_size)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden_size)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.intermediate_size)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_dim)
    writer.add_value_length(shape.head_dim)
    writer.add_rope_dimension_count(shape.head_dim)
    writer.add_rope_freq_base(shape.rope_theta)
    writer.add_layer_norm_rms_eps(shape.norm_eps)


def _add_tokenizer(writer: Any, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(vocabulary.texts)
    writer.add_token_scores(vocabulary.scores)
    writer.add_token_types(vocabulary.types)
    writer.add_bos_token_id(vocabulary.id_of(BOS))
    writer.add_eos_token_id(vocabulary.id_of(EOS))
    writer.add_unk_token_id(vocabulary.id_of(UNK))
    writer.add_pad_token_id(vocabulary.id_of(PAD))
    writer.add_eot_token_id(vocabulary.id_of(END_OF_TURN))
    # A bare completion needs its <bos> from the library. The chat template writes one itself; llama.cpp and
    # llama-cpp-python then add no second (tested). Whoever encodes prompt parts passes add_bos=False.
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_remove_extra_whitespaces(False)
    writer.add_chat_template(CHAT_TEMPLATE)


@dataclass(frozen=True)
class Tensor:
    """One stored tensor."""

    kind: str
    """ggml type, e.g. "Q4_0"."""
    shape: tuple[int, ...]
    """Rows first, as numpy orders it."""
    data: NDArray[np.generic]
    n_bytes: int


@dataclass(frozen=True)
class GgufFile:
    """What a GGUF file says, read with the `gguf` package."""

    path: Path
    metadata: dict[str, Any]
    """All keys but the three token arrays."""
    vocabulary: Vocabulary
    tensors: dict[str, Tensor]

    @property
    def bits_per_weight(self) -> float:
        """Bits of tensor data for each parameter, scales and norms included, metadata not."""
        parameters = sum(int(np.prod(t.shape)) for t in self.tensors.values())
        return 8 * sum(t.n_bytes for t in self.tensors.values()) / max(parameters, 1)

    def shape(self) -> Shape:
        """The model's shape, from the metadata alone."""
        get = self._get
        return Shape(
            vocab_size=get("llama.vocab_size"),
            hidden_size=get("llama.embedding_length"),
            intermediate_size=get("llama.feed_forward_length"),
            layers=get("llama.block_count"),
            heads=get("llama.attention.head_count"),
            kv_heads=get("llama.attention.head_count_kv"),
            head_dim=get("llama.attention.key_length"),
            context=get("llama.context_length"),
            rope_theta=get("llama.rope.freq_base"),
            norm_eps=get("llama.attention.layer_norm_rms_epsilon"),
        )

    def weights(self) -> dict[str, Array]:
        """Dequantised tensors by their Hugging Face names, rows of q and k still in GGUF's order.

        Raises:
            RoboError: tensors are missing, unknown or misshapen.
        """
        expected = {gguf_name(name): (name, size) for name, size in expected_tensors(self.shape()).items()}
        if odd := sorted(set(expected) ^ set(self.tensors)):
            raise RoboError(
                f"{self.path}: tensor {odd[0]} is {'missing' if odd[0] in expected else 'unknown'}"
            )
        weights = {}
        for stored, (name, size) in expected.items():
            tensor = self.tensors[stored]
            if tensor.shape != size:
                raise RoboError(
                    f"{self.path}: tensor {stored} is {tensor.shape}, the metadata makes it {size}"
                )
            weights[name] = dequantise(tensor.data, tensor.kind)
        return weights

    def _get(self, key: str) -> Any:
        try:
            return self.metadata[key]
        except KeyError:
            raise RoboError(
                f"{self.path}: metadata key {key} is missing; not a model of this toolkit"
            ) from None


def hub_weights(weights: Weights, shape: Shape) -> dict[str, Array]:
    """`GgufFile.weights()` with the rows of q and k back in Hugging Face's order."""
    return {
        name: unpermute_rows(w, heads) if (heads := heads_to_permute(name, shape)) else w
        for name, w in weights.items()
    }


def read_gguf(path: Path) -> GgufFile:
    """Read a GGUF file of any architecture; tensors stay memory-mapped.

    Raises:
        RoboError: missing, not GGUF, cut short, or of a tokenizer without scores and types.
    """
    from gguf import GGUFReader

    if not path.is_file():
        raise RoboError(f"{path}: no such file")
    try:
        reader = GGUFReader(path)
    except (ValueError, IndexError, KeyError, TypeError) as e:
        raise RoboError(f"{path}: not a readable GGUF file ({e}); copy or export it again") from None
    arrays = {"tokenizer.ggml.tokens": "texts", "tokenizer.ggml.scores": "scores"}
    arrays["tokenizer.ggml.token_type"] = "types"
    found = {
        attribute: reader.fields[key].contents() if key in reader.fields else []
        for key, attribute in arrays.items()
    }
    return GgufFile(
        path=path,
        metadata={k: f.contents() for k, f in reader.fields.items() if k not in arrays},
        vocabulary=Vocabulary(**found),
        tensors={
            t.name: Tensor(
                t.tensor_type.name, tuple(int(n) for n in reversed(t.shape)), t.data, int(t.n_bytes)
            )
            for t in reader.tensors
        },
    )
