"""llama.cpp's own quantiser, for types that it alone makes and for importance matrices.

It ends the process where it meets what it does not expect, so it runs in a child.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.files import Strict

from robo_convert.imatrix import read_imatrix
from robo_convert.process import Progress, ask, serve
from robo_convert.quants import ENGINE_MADE, Quant
from robo_convert.reference import Array

COMMAND = ("-m", "robo_convert.llama_quantise")


class _Job(Strict):
    full: Path
    """A GGUF file in F32."""
    out: Path
    file_type: int
    embedding: str
    """Type of the embedding and head."""
    types: dict[str, str]
    """Of single tensors; llama.cpp chooses for all others."""
    columns: dict[str, int]
    imatrix: Path | None


class _Done(Strict):
    bytes: int


def needs_llama(tensors: Mapping[str, Array], quant: Quant, imatrix: Path | None) -> bool:
    """Whether a file has types that llama.cpp alone makes, or an importance matrix that changes it."""
    kinds = {quant.type_of(name, tensor.ndim) for name, tensor in tensors.items()}
    return bool(kinds & set(ENGINE_MADE)) or (imatrix is not None and any("Q" in kind for kind in kinds))


def check_possible(quant: Quant) -> None:
    """Raise unless llama.cpp is installed and can make a precision."""
    from robo_convert.llama_parity import available

    if not available():
        raise RoboError(
            f"{quant.name}: llama.cpp makes these types, and llama-cpp-python is not installed: python -m pip"
            " install 'robo-runtime[llama]' (in a checkout: ./justw generate installs it)"
        )
    if quant.matrices in ("F32", "F16"):
        raise RoboError(
            f"{quant.name}: llama.cpp makes no K or IQ types within files of floats; start from q8_0, or name"
            " every tensor"
        )


def quantise_file(
    full: Path, out: Path, tensors: Mapping[str, Array], quant: Quant, imatrix: Path | None,
    progress: Progress = lambda step: None,
) -> None:  # fmt: skip
    """Make a file of a precision from one in F32.

    Raises:
        RoboError: llama.cpp refuses, or its process died.
    """
    matrices = {name: tensor for name, tensor in tensors.items() if tensor.ndim > 1}
    types = {
        name: quant.type_of(name, 2)
        for name in matrices
        if not quant.mixed or quant.override(name) is not None
    }
    job = _Job(
        full=full, out=out, file_type=quant.file_type, types=types, imatrix=imatrix,
        embedding=quant.type_of("token_embd.weight", 2),
        columns={name: tensor.shape[-1] for name, tensor in matrices.items()},
    )  # fmt: skip
    ask(COMMAND, job.model_dump(mode="json"), f"{out.name}: llama.cpp's quantiser", progress)


def _run(request: dict[str, Any], progress: Progress) -> _Done:
    from gguf import GGMLQuantizationType
    from robo_runtime.engine.bindings import last_errors, llama

    job, lc = _Job.model_validate(request), llama()
    params = lc.llama_model_quantize_default_params()
    params.ftype, params.nthread = job.file_type, 1
    params.token_embedding_type = params.output_tensor_type = int(GGMLQuantizationType[job.embedding])
    names = [f"^{name.replace('.', '[.]')}$".encode() for name in job.types]
    overrides = (lc.llama_model_tensor_override * (len(names) + 1))()
    for i, (name, kind) in enumerate(zip(names, job.types.values(), strict=True)):
        overrides[i].pattern, overrides[i].type = name, int(GGMLQuantizationType[kind])
    params.tt_overrides = overrides
    if job.imatrix:
        found = read_imatrix(job.imatrix, job.columns)
        entries = (lc.llama_model_imatrix_data * (len(found) + 1))()
        for entry, (text, values) in zip(entries, found.items(), strict=False):
            entry.name, entry.size = text.encode(), len(values)
            entry.data = values.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        params.imatrix = entries
    status = lc.llama_model_quantize(os.fsencode(job.full), os.fsencode(job.out), ctypes.byref(params))
    if status or not job.out.is_file():
        raise RoboError(
            f"{job.out.name}: llama.cpp does not quantise it: {last_errors() or 'no reason given'}"
        )
    return _Done(bytes=job.out.stat().st_size)


if __name__ == "__main__":
    serve(_run)
