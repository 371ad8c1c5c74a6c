"""A bundle in LiteRT-LM itself, held against the TFLite file of the same weights in our engine."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from robo_runtime.engine import Engine, load_engine
from robo_runtime.errors import RoboError
from robo_runtime.prompt import BOS

from robo_convert.parity import Encoded, ParityError
from robo_convert.proof import GREEDY_PROMPTS, GREEDY_TOKENS


class Written(NamedTuple):
    """A prompt, and what our engine writes behind it."""

    prompt: str
    ids: list[int]
    chosen: list[int]
    """Tokens, without the one that ends the text."""


def write(engine: Engine, prompt: str, ids: list[int], most: int) -> Written:
    """Let our engine go on with a prompt, best token first, for at most `most` tokens."""
    engine.reset()
    engine.feed(ids)
    picker = engine.picker(0.0, 0, 0)
    chosen: list[int] = []
    while len(chosen) < most and (token := picker.pick()) not in engine.ends:
        chosen.append(token)
        engine.feed([token])
    return Written(prompt, ids, chosen)


def open_bundle(bundle: Path, caches: Path) -> Any:
    """A bundle in LiteRT-LM, on the CPU.

    Args:
        caches: where it may leave files, which would else lie beside the bundle.

    Raises:
        RoboError: LiteRT-LM is not installed.
    """
    try:
        import litert_lm
    except ImportError as e:
        raise RoboError(
            f"{bundle.name}: {e.name} is not installed: python -m pip install 'robo-convert[litertlm]'"
        ) from None
    litert_lm.set_min_log_severity(litert_lm.LogSeverity.ERROR)
    return litert_lm.Engine(str(bundle), backend=litert_lm.Backend.CPU(), cache_dir=str(caches))


def compare(bundle: Path, ours: Sequence[Written]) -> tuple[int, int]:
    """How many prompts LiteRT-LM cuts as we do, and how many texts it writes that are ours.

    Raises:
        RoboError: LiteRT-LM is not installed.
    """
    cut, same = 0, 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as caches:
        engine = open_bundle(bundle, Path(caches))
        for asked in ours:
            prompt = asked.prompt.removeprefix(BOS)  # it puts the first token there itself
            cut += engine.tokenize(prompt) == asked.ids[1:]
            session = engine.create_session(
                apply_prompt_template=False, max_output_tokens=max(len(asked.chosen), 1)
            )
            session.run_prefill([prompt])
            # Half a character at the end is spelled as LiteRT-LM spells it.
            same += session.run_decode().texts[0] == engine.detokenize(asked.chosen)
            session.close()
        del engine
    return cut, same


def prove_bundle(bundle: Path, plain: Path, cases: Sequence[Encoded]) -> str:
    """Compare a bundle with the TFLite file beside it, on the first few cases; a sentence for the manifest.

    Raises:
        ParityError: LiteRT-LM cuts a prompt differently, or writes another text.
        RoboError: it is not installed.
    """
    engine = load_engine(plain, threads=1)
    ours = [
        write(engine, case.prompt_text(), case.prompt(), GREEDY_TOKENS) for case in cases[:GREEDY_PROMPTS]
    ]
    engine.close()
    cut, same = compare(bundle, ours)
    said = (
        f"LiteRT-LM {version('litert-lm')} cuts {cut} of {len(ours)} prompts and writes {same} of the texts"
    )
    if min(cut, same) < len(ours):
        raise ParityError(f"{bundle.name}: {said} as {plain.name} does in our engine; nothing was written")
    return f"{bundle.name}: {said} as our engine"
