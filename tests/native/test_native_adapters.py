"""A LoRA adapter on a loaded model is the model with the adapter merged; others are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.native import binding
from tests.native.binding import Native, NativeError

pytest.importorskip("gguf")
from tests.native.small import RANK, random_pairs, write_adapter, write_model

pytestmark = pytest.mark.llama

PROMPTS = ("Blink", "Play a song", "7", "read the light")


def answers(native: Native) -> list[str]:
    """What a model says freely."""
    return [native.generate(prompt, unconstrained=1, max_tokens=40)[0] for prompt in PROMPTS]


@pytest.fixture
def plain(library: Any, small: Path, data: Path) -> Any:
    made = Native(small, data, library)
    yield made
    made.close()


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_an_adapter_is_its_merged_model(
    plain: Native, library: Any, data: Path, tmp_path: Path, scale: float
) -> None:
    pairs = random_pairs(1)
    adapter = write_adapter(tmp_path / "lora.gguf", pairs)
    scaled = {name: (a, np.float32(scale) * b) for name, (a, b) in pairs.items()}
    merged = Native(write_model(tmp_path / "merged.gguf", merged=scaled), data, library)
    alone = answers(plain)
    plain.set_adapter(adapter, scale)
    assert answers(plain) == answers(merged) != alone
    plain.set_adapter(adapter.read_bytes(), scale)
    assert answers(plain) == answers(merged)
    plain.set_adapter(None)
    assert answers(plain) == alone
    merged.close()


def test_another_adapter_takes_the_place_of_the_first(plain: Native, tmp_path: Path) -> None:
    first, second = (write_adapter(tmp_path / f"{n}.gguf", random_pairs(n)) for n in (1, 2))
    plain.set_adapter(second)
    wanted = answers(plain)
    plain.set_adapter(first)
    assert answers(plain) != wanted
    plain.set_adapter(second)
    assert answers(plain) == wanted


def test_what_is_no_adapter_for_this_model_is_refused_and_the_old_one_stays(
    plain: Native, small: Path, tmp_path: Path
) -> None:
    pairs = random_pairs(1)
    plain.set_adapter(write_adapter(tmp_path / "good.gguf", pairs))
    wanted = answers(plain)
    name, (a, b) = next(iter(pairs.items()))
    wrong: dict[str, Any] = {
        "wide": {name: (np.pad(a, ((0, 0), (0, 8))), b)},
        "tall": {name: (a, np.pad(b, ((0, 8), (0, 0))))},
        "ranks": {name: (a, b[:, : RANK // 2])},
        "norm": {"blk.0.attn_norm.weight": (a, b)},
        "layer": {name.replace("blk.0", "blk.2"): (a, b)},
        "embedding": {"token_embd.weight": (a, b)},
        "numbers": {name: (a.astype(np.int32), b.astype(np.int32))},
        "infinite": {name: (np.full_like(a, np.inf), b)},
        "none": {},
    }
    files = [write_adapter(tmp_path / f"{kind}.gguf", pairs) for kind, pairs in wrong.items()]
    files += [
        write_adapter(tmp_path / "alpha.gguf", pairs, alpha=float("nan")),
        write_adapter(tmp_path / "kind.gguf", pairs, adapter="dora"),
        write_adapter(tmp_path / "architecture.gguf", pairs, architecture="gemma"),
        small,
    ]
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(files[0].read_bytes()[:-1])
    for file in (*files, cut):
        with pytest.raises(NativeError) as caught:
            plain.set_adapter(file)
        assert caught.value.status == binding.ADAPTER, (file.name, caught.value)
        assert answers(plain) == wanted


def test_a_missing_adapter_and_a_scale_that_is_no_number_are_named(plain: Native, tmp_path: Path) -> None:
    for file, scale, status in (
        (tmp_path / "none.gguf", 1.0, binding.FILE),
        (tmp_path / "none.gguf", float("nan"), binding.ARGUMENT),
    ):
        with pytest.raises(NativeError) as caught:
            plain.set_adapter(file, scale)
        assert caught.value.status == status
