"""A GGUF file of this toolkit, read: tensor names, row order, shape, vocabulary.

Exporters write by these tables and training starts from such a file, so they stand where both may import
them. numpy and gguf are loaded when a file is read. Format: ggml/docs/gguf.md; architecture `llama`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from robo_runtime.errors import RoboError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

SPACE = "\u2581"
"""How GGUF spells a space inside a piece."""
HEAD = "lm_head.weight"
"""The head, where it is not the embedding."""
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


@dataclass(frozen=True)
class Shape:
    """Sizes and constants of a Llama."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    context: int
    rope_theta: float
    norm_eps: float
    tied: bool = True
    """The embedding is also the head; only imported models have a head of their own."""

    @property
    def q_dim(self) -> int:
        """Width of the queries of one layer."""
        return self.heads * self.head_dim

    @property
    def kv_dim(self) -> int:
        """Width of the keys (and of the values) of one layer."""
        return self.kv_heads * self.head_dim


class PieceType(IntEnum):
    """`tokenizer.ggml.token_type`; SentencePiece uses the same numbers."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


@dataclass(frozen=True)
class Vocabulary:
    """The three arrays of a GGUF tokenizer, in id order, texts as GGUF spells them."""

    texts: list[str]
    scores: list[float]
    types: list[int]

    def __len__(self) -> int:
        return len(self.texts)

    def id_of(self, control: str) -> int:
        """Id of a control token."""
        return self.texts.index(control)


def gguf_text(piece: str, kind: int) -> str:
    """GGUF's spelling of a SentencePiece piece that holds real spaces."""
    return piece.replace(" ", SPACE) if kind == PieceType.NORMAL else piece


def expected_tensors(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Hugging Face name and shape of every tensor of the model, in the order of a forward pass."""
    d, ff, q, kv = shape.hidden_size, shape.intermediate_size, shape.q_dim, shape.kv_dim
    layer: dict[str, tuple[int, ...]] = {
        "input_layernorm": (d,),
        "self_attn.q_proj": (q, d),
        "self_attn.k_proj": (kv, d),
        "self_attn.v_proj": (kv, d),
        "self_attn.o_proj": (d, q),
        "post_attention_layernorm": (d,),
        "mlp.gate_proj": (ff, d),
        "mlp.up_proj": (ff, d),
        "mlp.down_proj": (d, ff),
    }
    tensors = {
        "model.embed_tokens.weight": (shape.vocab_size, d),
        **{f"model.layers.{n}.{k}.weight": s for n in range(shape.layers) for k, s in layer.items()},
        "model.norm.weight": (d,),
    }
    return tensors if shape.tied else tensors | {HEAD: (shape.vocab_size, d)}


def gguf_name(name: str) -> str:
    """GGUF's name of a Hugging Face tensor; without `output.weight` the head is tied to the embedding."""
    if name == "model.embed_tokens.weight":
        return "token_embd.weight"
    if name == "model.norm.weight":
        return "output_norm.weight"
    if name == HEAD:
        return "output.weight"
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


def hub_weights(weights: Mapping[str, Array], shape: Shape) -> dict[str, Array]:
    """`GgufFile.weights()` with the rows of q and k back in Hugging Face's order."""
    return {
        name: unpermute_rows(w, heads) if (heads := heads_to_permute(name, shape)) else w
        for name, w in weights.items()
    }


def dequantise(data: NDArray[np.generic], kind: str) -> Array:
    """Float32 values of a stored tensor of ggml type `kind`."""
    import numpy as np
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize

    return np.ascontiguousarray(dequantize(data, GGMLQuantizationType[kind]), dtype=np.float32)


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
        import math

        parameters = sum(math.prod(t.shape) for t in self.tensors.values())
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
            tied=gguf_name(HEAD) not in self.tensors,
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
