"""Which libraries cut the texts of all languages into the ids that sentencepiece gives.

.venv/bin/python -m benchmarks.tokenizer_ids [CHECKPOINT] [--gguf FILE] [--genai EXPORT] [--texts 100]
                                          [--litertlm BUNDLE]

The texts are those in quotes of data/phrases, `--texts` of each language, drawn with a fixed seed. `--gguf`
is a model file of the checkpoint for llama.cpp, `--genai` a folder of `robo-convert onnx` for
onnxruntime-genai, whose own tokenizer is tried twice: with `tokenizer.json` as it is, and with U+2581 for
each space. `--litertlm` is a bundle of `robo-convert litert --bundle` for LiteRT-LM.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from robo_runtime.paths import workspace
from sentencepiece import SentencePieceProcessor

Cut = Callable[[str], list[int]]
_QUOTED = re.compile(r'"([^"\n]{4,})"')


def texts_of(language: str, count: int, phrases: Path | None = None) -> list[str]:
    """Some of a language's phrases, the same each time."""
    folder = (phrases or workspace() / "data" / "phrases") / language
    found = {t for f in sorted(folder.glob("*.yaml")) for t in _QUOTED.findall(f.read_text(encoding="utf-8"))}
    return random.Random(0).sample(sorted(found), min(count, len(found)))


def by_tokenizers(path: Path) -> Cut:
    """The `tokenizers` library."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    return lambda text: list(tokenizer.encode(text, add_special_tokens=False).ids)


def by_genai(export: Path, checkpoint: Path, temporary: Path, *, escaped: bool) -> Cut:
    """onnxruntime-genai's tokenizer; it wants a whole model folder."""
    import onnxruntime_genai

    folder = temporary / ("escaped" if escaped else "plain")
    shutil.copytree(export, folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        data = json.loads((checkpoint / name).read_text(encoding="utf-8"))
        if escaped:
            data = (
                _escaped(data) if name == "tokenizer.json" else {**data, "tokenizer_class": "GemmaTokenizer"}
            )
        (folder / name).write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    model = onnxruntime_genai.Model(str(folder))
    tokenizer = onnxruntime_genai.Tokenizer(model)
    return lambda text: [int(i) for i in tokenizer.encode(text)]


def by_litertlm(bundle: Path, temporary: Path) -> Cut:
    """LiteRT-LM's tokenizer."""
    from robo_convert.litert.bundle_proof import open_bundle

    engine = open_bundle(bundle, temporary)
    return lambda text: [int(i) for i in engine.tokenize(text)]


def _escaped(data: dict[str, Any]) -> dict[str, Any]:
    """The same tokenizer with U+2581 for each space, as other SentencePiece models have it."""
    model, space = data["model"], "\u2581"
    vocab = {text.replace(" ", space): i for text, i in model["vocab"].items()}
    merges = [[part.replace(" ", space) for part in rule] for rule in model["merges"]]
    escape = {"type": "Replace", "pattern": {"String": " "}, "content": space}
    back = {"type": "Replace", "pattern": {"String": space}, "content": " "}
    decoders = [back, {"type": "ByteFallback"}, {"type": "Fuse"}]
    return {
        **data, "normalizer": {"type": "Sequence", "normalizers": [escape]}, "pre_tokenizer": None,
        "decoder": {"type": "Sequence", "decoders": decoders},
        "model": {**model, "vocab": vocab, "merges": merges},
    }  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("checkpoint", type=Path, nargs="?", default=workspace() / "checkpoints" / "robo-nano")
    parser.add_argument("--gguf", type=Path, default=workspace() / "models" / "robo-nano-q4_0.gguf")
    parser.add_argument("--genai", type=Path)
    parser.add_argument("--litertlm", type=Path)
    parser.add_argument("--texts", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    processor = SentencePieceProcessor(model_file=str(options.checkpoint / "tokenizer.model"))
    languages = sorted(p.name for p in (workspace() / "data" / "phrases").iterdir() if p.is_dir())
    texts = {language: texts_of(language, options.texts) for language in languages}
    with tempfile.TemporaryDirectory() as name:
        cuts = {"tokenizers": by_tokenizers(options.checkpoint / "tokenizer.json")}
        if options.genai:
            for key, escaped in (("genai", False), ("genai, U+2581", True)):
                cuts[key] = by_genai(options.genai, options.checkpoint, Path(name), escaped=escaped)
        if options.litertlm:
            cuts["LiteRT-LM"] = by_litertlm(options.litertlm, Path(name))
        result = compare(texts, lambda text: list(processor.encode(text)), cuts)
    if options.gguf.is_file():
        from robo_convert.llama_parity import open_vocabulary

        with open_vocabulary(options.gguf) as model:
            llama = {"llama.cpp": lambda text: model.tokenize(text.encode(), False, False)}
            result |= compare(texts, lambda text: list(processor.encode(text)), llama)
    if options.json:
        print(json.dumps(result, ensure_ascii=False, indent=1))
        return
    for key, found in result.items():
        print(f"{key}: {found['identical']} of {found['texts']} in {len(texts)} languages")
        for text in found["different"][:5]:
            print(f"  {text!r}")


def compare(texts: dict[str, list[str]], reference: Cut, cuts: dict[str, Cut]) -> dict[str, dict[str, Any]]:
    """Texts that each library cuts as the reference does, and those it cuts differently."""
    result = {}
    for key, cut in cuts.items():
        every = [text for found in texts.values() for text in found]
        different = [text for text in every if cut(text) != reference(text)]
        result[key] = {
            "texts": len(every), "identical": len(every) - len(different), "different": different,
        }  # fmt: skip
    return result


if __name__ == "__main__":
    main()
