"""The command's work: read a folder, prove its tokenizer, write a checkpoint."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_folder, read_data, write_json
from robo_runtime.languages import languages
from robo_runtime.prompt import Part

from robo_convert import llama_parity
from robo_convert.checkpoint import Checkpoint, Training, load_checkpoint, sha256_of
from robo_convert.foreign import ByteLevel, Imported, encoder_of, read_vocabulary
from robo_convert.gguf_file import write_vocabulary
from robo_convert.imports.config import hub_config, read_shape
from robo_convert.imports.tokens import JSON, Tokens, read_tokens, settings_of
from robo_convert.imports.weights import read_weights, weight_files
from robo_convert.parity import load_gate

UNKNOWN = "unknown"
"""The licence of a model whose card names none."""


def import_model(
    folder: Path,
    out: Path,
    *,
    licence: str | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> Checkpoint:
    """Write the checkpoint of a Hugging Face Llama folder, from which every format exports.

    Args:
        folder: `config.json`, weights as safetensors, `tokenizer.model` or `tokenizer.json`.
        out: the checkpoint's folder; an earlier import there is replaced.
        licence: SPDX identifier; what the folder's README names when not given.

    Raises:
        RoboError: it is not a model that the exports can carry, and why.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise RoboError(f"{folder}: no such folder; download the model first (robo-convert does not)")
    _check_out(out)
    progress("reading the configuration and the tokenizer")
    shape, config = read_shape(folder)
    files = weight_files(folder)
    tokens = read_tokens(folder, config, shape.vocab_size)
    imported = Imported(
        source=folder.name,
        sha256={path.name: sha256_of(path) for path in files},
        tokenizer=tokens.kind,
        **{key: getattr(tokens, key) for key in _KEPT},
    )
    where = str(folder)
    vocabulary = read_vocabulary(tokens.serialised, imported, shape.vocab_size, where)
    progress("comparing tokenizers")
    check_texts(tokens, proof_texts(), where)
    if llama_parity.available():
        with tempfile.TemporaryDirectory() as temporary:
            path = Path(temporary) / "vocabulary.gguf"
            write_vocabulary(path, tokens.serialised, imported, vocabulary)
            _check_llama(path, tokens, proof_texts(), where)
    progress("reading the weights")
    weights = read_weights(folder, files, shape)
    names = {"bos": tokens.bos, "eos": tokens.eos[0], "unk": tokens.unk, "pad": tokens.pad}
    texts = {f"{k}_token": vocabulary.texts[i] for k, i in names.items() if i is not None}
    training = Training(
        licence=licence or _licence(folder),
        languages=(),
        description=f"Imported from {folder.name}, which others made.",
        imported=imported,
    )
    progress("writing the checkpoint")
    with atomic_folder(out) as target:
        from safetensors.numpy import save_file

        save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
        for name, data in tokens.files.items():
            (target / name).write_bytes(data)
        (target / "tokenizer_config.json").write_bytes(settings_of(tokens, texts))
        write_json(target / "config.json", hub_config(shape, tokens.bos, tokens.eos, tokens.pad))
        write_json(
            target / "generation_config.json",
            {"bos_token_id": tokens.bos, "eos_token_id": list(tokens.eos), "pad_token_id": tokens.pad},
        )
        write_json(target / "training.json", training.model_dump(mode="json"))
        if (licence_file := folder / "LICENSE").is_file():
            shutil.copyfile(licence_file, target / "LICENSE")
    return load_checkpoint(out)


_KEPT = ("pre", "bos", "eos", "unk", "pad", "add_bos", "add_eos", "chat_template")


def proof_texts() -> list[str]:
    """Texts on which tokenizers are compared: requests, programs, all scripts, white space, numbers."""
    cases = load_gate().cases
    native = " ".join(f"{x.native} ({x.name})" for x in languages().values())
    odd = ["a", "x  y\t\tz\n\n  end ", "1234567890 3.14 1,000", "don't WE'LL i'm", "héllo ﬁ ½ e\u0301 🤖"]
    return [*(c.prompt for c in cases), *(c.code for c in cases), native, *odd]


def check_texts(tokens: Tokens, texts: Sequence[str], where: str) -> None:
    """Hold the ids of a SentencePiece model against the `tokenizer.json` it came with or was made from."""
    if tokens.original is None:
        return
    try:
        original = ByteLevel(tokens.original)
    except RoboError:  # the library that would tell is not installed
        return
    _same(tokens, texts, lambda text: original.encode(Part(text, False)), f"{where}: {JSON}")


def _check_llama(path: Path, tokens: Tokens, texts: Sequence[str], where: str) -> None:
    with llama_parity.open_vocabulary(path) as model:
        _same(
            tokens, texts, lambda text: model.tokenize(text.encode(), add_bos=False, special=False),
            f"{where}: llama.cpp",
        )  # fmt: skip


def _same(tokens: Tokens, texts: Sequence[str], cut: Callable[[str], list[int]], where: str) -> None:
    encoder = encoder_of(tokens.serialised, tokens.kind)
    for text in texts:
        found, expected = cut(text), encoder.encode(Part(text, False))
        if found != expected:
            n = next((n for n, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b), 0)
            raise RoboError(
                f"{where} cuts {text!r:.60} differently from token {n} on: {found[n : n + 4]} instead of"
                f" {expected[n : n + 4]}; this tokenizer cannot be carried"
            )


def _licence(folder: Path) -> str:
    """What the front matter of the model's card says."""
    path = folder / "README.md"
    if not path.is_file():
        return UNKNOWN
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if not lines or lines[0].strip() != "---":
        return UNKNOWN
    for line in lines[1:]:
        if line.strip() == "---":
            break
        key, _, value = line.partition(":")
        if key == "license" and value.strip():
            return value.strip().strip("'\"").lower()
    return UNKNOWN


def _check_out(out: Path) -> None:
    """Raise unless `out` is new, or an earlier import, which is replaced."""
    if not out.exists():
        return
    training = out / "training.json"
    data = read_data(training) if training.is_file() else None
    if not (isinstance(data, dict) and data.get("imported")):
        raise RoboError(f"{out}: is there already, and is no earlier import; choose another with --out")
