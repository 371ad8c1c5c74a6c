"""Is this GGUF file one of our models? Checked on its header, so that nothing in llama.cpp can abort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from robo_runtime.engine.gguf import Header, ModelError, read_header
from robo_runtime.prompt import EOS, N_CONTROL, UNK, control_tokens

_UNKNOWN_TYPE, _CONTROL_TYPE, _BYTE_TYPE = 2, 3, 6
_MAX_LAYERS = 256  # llama.cpp ends the process at more than 512
_EXPORT = "export it again with: ./justw export gguf"


def check_model(path: Path) -> Header:
    """Read the header of `path` and check architecture, sizes and control tokens.

    Raises:
        ModelError: the file is unusable; the text names what was found and what was expected.
    """
    header = read_header(path)
    meta = header.metadata
    if meta.get("general.type") == "adapter":
        raise ModelError(f"{path}: this is a LoRA adapter, not a model; name the model it belongs to")
    if (found := meta.get("general.architecture")) != "llama":
        raise ModelError(f"{path}: architecture {found!r}, expected 'llama'; this is not a RoboLM model")
    _check_sizes(meta, path)
    _check_tokens(meta, path)
    _check_tensors(header, path)
    return header


def _check_sizes(meta: dict[str, Any], path: Path) -> None:
    keys = (
        "context_length",
        "embedding_length",
        "block_count",
        "feed_forward_length",
        "attention.head_count",
    )
    for key in keys:
        value = meta.get(f"llama.{key}")
        if not isinstance(value, int) or not 0 < value < 1 << 24:
            raise ModelError(f"{path}: llama.{key} is {value!r}, expected a positive number; {_EXPORT}")
    for key in ("attention.layer_norm_rms_epsilon", "rope.freq_base"):
        value = meta.get(f"llama.{key}", 10000.0 if key == "rope.freq_base" else None)
        if not isinstance(value, float) or not 0 < value < 1e9:
            raise ModelError(f"{path}: llama.{key} is {value!r}, expected a positive number; {_EXPORT}")
    if (layers := meta["llama.block_count"]) > _MAX_LAYERS:
        raise ModelError(f"{path}: llama.block_count is {layers}, at most {_MAX_LAYERS} are run; {_EXPORT}")
    heads = meta["llama.attention.head_count"]
    kv_heads = meta.get("llama.attention.head_count_kv", heads)
    if (
        ("llama.attention.key_length" not in meta and meta["llama.embedding_length"] % heads)
        or not isinstance(kv_heads, int)
        or not kv_heads
        or heads % kv_heads
    ):
        raise ModelError(
            f"{path}: {heads} attention heads and {kv_heads!r} key-value heads do not fit a width of "
            f"{meta['llama.embedding_length']}; {_EXPORT}"
        )


def _check_tensors(header: Header, path: Path) -> None:
    """Each tensor the sizes call for is there, in the shape they call for (ggml order: inputs first)."""
    meta = header.metadata
    width, feed_forward = meta["llama.embedding_length"], meta["llama.feed_forward_length"]
    heads = meta["llama.attention.head_count"]
    head = meta.get("llama.attention.key_length", width // heads)
    q_width, kv_width = head * heads, head * meta.get("llama.attention.head_count_kv", heads)
    block = {
        "attn_norm": (width,), "attn_q": (width, q_width),
        "attn_k": (width, kv_width), "attn_v": (width, kv_width),
        "attn_output": (q_width, width), "ffn_norm": (width,), "ffn_gate": (width, feed_forward),
        "ffn_up": (width, feed_forward), "ffn_down": (feed_forward, width),
    }  # fmt: skip
    vocabulary = len(meta["tokenizer.ggml.tokens"])
    expected = {"token_embd.weight": (width, vocabulary), "output_norm.weight": (width,)}
    for layer in range(meta["llama.block_count"]):
        expected |= {f"blk.{layer}.{name}.weight": shape for name, shape in block.items()}
    found = {tensor.name: tensor.shape for tensor in header.tensors}
    for name, shape in expected.items():
        if found.get(name) != shape:
            raise ModelError(
                f"{path}: tensor {name} has shape {found.get(name)}, expected {shape}; {_EXPORT}"
            )


def _check_tokens(meta: dict[str, Any], path: Path) -> None:
    """The control tokens have their ids and are typed CONTROL, or user text could produce one.

    llama.cpp ends the process on tokens that are not distinct, and on a missing byte token.
    """
    if (kind := meta.get("tokenizer.ggml.model")) != "llama":
        raise ModelError(
            f"{path}: tokenizer {kind!r}, expected 'llama' (SentencePiece); not a RoboLM model: llama.cpp"
            " itself may run it"
        )
    tokens, scores, types = (meta.get(f"tokenizer.ggml.{key}") for key in ("tokens", "scores", "token_type"))
    if not (isinstance(tokens, tuple) and isinstance(scores, tuple) and isinstance(types, tuple)):
        raise ModelError(f"{path}: holds no tokens, scores or token types; {_EXPORT}")
    if not len(tokens) == len(types) == len(scores):
        raise ModelError(f"{path}: {len(tokens)} tokens, {len(scores)} scores, {len(types)} types; {_EXPORT}")
    try:
        texts = [token.decode("utf-8") for token in tokens]
        if any("\0" in text or not text for text in texts):  # to llama.cpp a text ends there
            raise ModelError(f"{path}: a token is empty or holds a NUL; {_EXPORT}")
    except (AttributeError, UnicodeDecodeError):
        raise ModelError(f"{path}: its tokens are not UTF-8 text; {_EXPORT}") from None
    _check_control(texts, types, path)
    ids = {text: i for i, text in enumerate(texts)}
    if len(ids) < len(texts):
        twice = next(text for i, text in enumerate(texts) if ids[text] != i)
        raise ModelError(f"{path}: token {twice!r} occurs twice; {_EXPORT}")
    for byte in range(256):
        if types[ids.get(text := f"<0x{byte:02X}>", 0)] != _BYTE_TYPE:
            raise ModelError(f"{path}: the byte token {text} is missing; {_EXPORT}")
    for key, text in (("eos_token_id", EOS), ("eot_token_id", "[/CODE]")):
        if (got := meta.get(f"tokenizer.ggml.{key}")) != ids[text]:
            raise ModelError(
                f"{path}: tokenizer.ggml.{key} is {got!r}, expected {ids[text]} ({text}); {_EXPORT}"
            )


def _check_control(texts: list[str], types: tuple[int, ...], path: Path) -> None:
    expected = control_tokens()
    for i, (want, got) in enumerate(zip(expected, texts, strict=False)):
        if want != got:
            raise ModelError(
                f"{path}: token {i} is {got!r}, expected {want!r}; this model has another tokenizer "
                "or another language list (configs/languages/languages.yaml) than this runtime, or others "
                "made it (robo-convert import): robo cannot ask such a model, llama.cpp itself runs it"
            )
        if types[i] != _CONTROL_TYPE and not (types[i] == _UNKNOWN_TYPE and want == UNK):
            raise ModelError(
                f"{path}: token {i} {want!r} has type {types[i]}, expected {_CONTROL_TYPE} (control), "
                f"or a prompt could contain it; {_EXPORT}"
            )
    if len(texts) < N_CONTROL:
        raise ModelError(f"{path}: a vocabulary of {len(texts)} tokens; ids 0-{N_CONTROL - 1} are control")
