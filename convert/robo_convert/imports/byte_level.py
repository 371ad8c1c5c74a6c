"""Byte-level BPE: which ways to split texts llama.cpp has built in, and under which name."""

from __future__ import annotations

from typing import Any

from robo_runtime.errors import RoboError

_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
_QWEN2 = _LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


def is_byte_level(data: dict[str, Any]) -> bool:
    """Whether a `tokenizer.json` turns texts into bytes before it merges."""
    return model_type(data) == "BPE" and any(s["type"] == "ByteLevel" for s in _steps(data))


def model_type(data: dict[str, Any]) -> str:
    """BPE, Unigram, WordPiece or WordLevel; GPT-2's own file does not say."""
    model = data["model"]
    return str(model.get("type") or ("BPE" if "merges" in model else "unknown"))


def pre_tokenizer(data: dict[str, Any], where: str) -> str:
    """llama.cpp's name for how a byte-level BPE splits texts (src/llama-vocab.cpp).

    Raises:
        RoboError: it has none.
    """
    if normalizer := data.get("normalizer"):
        raise RoboError(
            f"{where}: normalizer {normalizer['type']}: llama.cpp does not change texts before it merges"
        )
    for key in ("dropout", "continuing_subword_prefix", "end_of_word_suffix"):
        if data["model"].get(key):
            raise RoboError(f"{where}: model.{key}: llama.cpp has no such thing")
    steps = [_spelled(step) for step in _steps(data)]
    whole = ("ByteLevel", False, True)
    bare = ("ByteLevel", False, False)
    known = {
        (whole,): "gpt-2",
        (("Digits", True), whole): "smollm",
        (("Split", _LLAMA3), bare): "llama-bpe",
        (("Split", _QWEN2), bare): "qwen2",
    }
    name = known.get(tuple(steps))
    if name is None:
        raise RoboError(
            f"{where}: pre_tokenizer: none of llama.cpp's ways to split texts that are known here"
            f" ({', '.join(known.values())}); it has {' and '.join(str(s[0]) for s in steps)}"
            f"{' with a space put before' if ('ByteLevel', True, True) in steps else ''}"
        )
    if bool(data["model"].get("ignore_merges")) != (name == "llama-bpe"):
        raise RoboError(f"{where}: model.ignore_merges: llama.cpp does so with {'llama-bpe'} alone")
    return name


def _steps(data: dict[str, Any]) -> list[dict[str, Any]]:
    pre = data.get("pre_tokenizer")
    if not pre:
        return []
    return list(pre["pretokenizers"]) if pre["type"] == "Sequence" else [pre]


def _spelled(step: dict[str, Any]) -> tuple[Any, ...]:
    if step["type"] == "ByteLevel":
        return "ByteLevel", step.get("add_prefix_space", True), step.get("use_regex", True)
    if step["type"] == "Digits":
        return "Digits", step.get("individual_digits", False)
    if step["type"] == "Split" and step["behavior"] == "Isolated" and not step.get("invert"):
        return "Split", step["pattern"].get("Regex")
    return (step["type"],)
