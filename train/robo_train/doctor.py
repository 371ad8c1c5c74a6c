"""`robo-train doctor`: what a machine needs to train, one check a line, with a remedy where one is needed."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

from robo_runtime.errors import RoboError
from robo_runtime.files import read_config
from robo_runtime.paths import workspace

from robo_train.config import TrainConfig, load_train_config


@dataclass(frozen=True)
class Finding:
    """The outcome of a check."""

    status: Literal["ok", "warn", "fail"]
    """warn: training works, though not as well as it could; fail: it does not."""
    text: str
    remedy: str = ""
    name: str = ""


@dataclass(frozen=True)
class Patient:
    """What the checks look at: a recipe on this machine, and the workspace."""

    tier: str
    root: Path

    @cached_property
    def config(self) -> TrainConfig:
        """The recipe."""
        return load_train_config(self.tier)

    @cached_property
    def data(self) -> Path:
        """Where its corpus is built."""
        from robo_train.corpus.build import data_folder

        return data_folder(self.config)


Check = Callable[[Patient], Finding]


def _python(_: Patient) -> Finding:
    text = f"{platform.python_version()} ({sys.executable})"
    if sys.maxsize < 2**32:
        return Finding("fail", text, "torch needs a 64-bit Python: install one, remove .venv, ./justw train")
    if sys.prefix == sys.base_prefix:
        return Finding("warn", text, "not the project's environment: use .venv/bin/robo-train")
    return Finding("ok", text)


def _torch(_: Patient) -> Finding:
    import torch

    pinned = next((r for r in requires("robo-train") or [] if re.match(r"torch\b", r)), "torch")
    wanted = pinned.partition("==")[2].split(";")[0].strip()
    if wanted and torch.__version__.split("+")[0] != wanted:
        return Finding(
            "warn", torch.__version__, f"made and tested with {wanted}: pip install torch=={wanted}"
        )
    return Finding("ok", torch.__version__)


def _packages(_: Patient) -> Finding:
    names = ("lightning", "sentencepiece", "tokenizers", "safetensors", "numpy", "tensorboard")
    found, missing = [], []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("fail", f"missing: {', '.join(missing)}", "python scripts/env.py train installs them")
    return Finding("ok", ", ".join(found))


def _processor(_: Patient) -> Finding:
    import torch

    from robo_train.hardware import choose_precision
    from robo_train.machine import has_amx
    from robo_train.provenance import cpu_name

    capability = torch.backends.cpu.get_cpu_capability()
    precision, reason = choose_precision()
    text = f"{cpu_name()}, {capability}{' and AMX' if has_amx() else ''}: {precision} ({reason})"
    if capability == "DEFAULT" and platform.machine().lower() in ("x86_64", "amd64"):
        return Finding("warn", text, "no AVX2: training is many times slower here; use another machine")
    return Finding("ok", text)


def _threads(_: Patient) -> Finding:
    import torch

    from robo_train.hardware import load_average

    threads, load = torch.get_num_threads(), load_average()
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    policy = os.environ.get("OMP_WAIT_POLICY", "not set")
    text = f"{threads} threads on {usable} cores, OMP_WAIT_POLICY {policy}, load {load:.1f}"
    if threads != usable:
        return Finding("warn", text, f"export OMP_NUM_THREADS={usable}")
    if policy.lower() == "active":
        return Finding("warn", text, "export OMP_WAIT_POLICY=passive: spinning threads slow each other down")
    if load > usable / 2:
        return Finding("warn", text, "other programs are running; end them, or give a larger --budget")
    return Finding("ok", text)


def _accelerator(_: Patient) -> Finding:
    import torch

    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        return Finding("ok", f"{torch.cuda.get_device_name()}, {free / 1e9:.1f} of {total / 1e9:.1f} GB free")
    if torch.backends.mps.is_available():
        return Finding("ok", "Apple GPU (MPS)")
    if shutil.which("nvidia-smi"):
        remedy = "this torch cannot use it: install the CUDA build (pytorch.org) or a newer driver"
        return Finding("warn", "an NVIDIA GPU is here, torch does not see it", remedy)
    return Finding("ok", "none: the CPU trains nano in minutes; larger tiers want a GPU")


def _compiler(_: Patient) -> Finding:
    from robo_train.machine import cpp_compiler, this_machine

    machine = this_machine()
    if not machine.cannot_compile:
        return Finding("ok", f"{cpp_compiler()}: torch.compile can be used")
    if machine.kind == "mps":
        return Finding("ok", "not used on an Apple GPU")
    remedy = "Debian and Ubuntu: apt install build-essential python3-dev; macOS: xcode-select --install"
    return Finding("warn", f"{machine.cannot_compile}: long runs take half as long again", remedy)


def _memory(patient: Patient) -> Finding:
    from robo_train.cost import memory
    from robo_train.dial import settle
    from robo_train.machine import this_machine
    from robo_train.plan import check_memory, too_little_memory

    machine = this_machine()
    config = settle(patient.config, machine=machine).config
    check_memory(config, machine)  # raises: then this check fails
    if problem := too_little_memory(config, machine, 1.0):
        return Finding("warn", problem, "end other programs, or train with what would fit")
    need = memory(config, config.batch_tokens, config.precision != "32-true").total
    return Finding("ok", f"{machine.memory / 1e9:.1f} GB free, {config.name} needs about {need / 1e9:.1f} GB")


def _disk(patient: Patient) -> Finding:
    from robo_train.corpus.build import free_space_mb
    from robo_train.cost import disk_bytes

    free, need = free_space_mb(patient.root), disk_bytes(patient.config) / 1e6 + 500
    text = f"{free / 1e3:.1f} GB free in {patient.root}, {need / 1e3:.1f} GB needed with the corpus"
    return Finding("ok", text) if free >= need else Finding("fail", text, "make room")


def _registry(_: Patient) -> Finding:
    from robo_runtime.registry import load_registry

    registry = load_registry()
    return Finding(
        "ok", f"{len(registry.modules)} modules, {len(registry.functions)} functions of the firmware"
    )


def _tokenizer(patient: Patient) -> Finding:
    from robo_train.tokenizer import Tokenizer

    path, wanted = patient.data / "tokenizer.model", patient.config.tokenizer_config.vocab_size
    if not path.exists():
        return Finding("warn", "not trained yet", f"./justw data {patient.tier} (training does it too)")
    pieces = len(Tokenizer.load(path))
    if pieces != wanted:
        remedy = f"./justw data {patient.tier} --force"
        return Finding("fail", f"{path}: {pieces} pieces, the recipe has {wanted}", remedy)
    return Finding("ok", f"{pieces} pieces, {path.relative_to(patient.root)}")


def _data(patient: Patient) -> Finding:
    from robo_train.corpus.build import corpus_fingerprint
    from robo_train.tokenise import Metadata, TokenFile
    from robo_train.tokenizer import Tokenizer

    folder, again = patient.data, f"./justw data {patient.tier} --force"
    if not (folder / "metadata.json").exists():
        return Finding("warn", "not built yet", f"./justw data {patient.tier} (training does it too)")
    splits = read_config(folder / "metadata.json", Metadata).splits
    tokenizer = Tokenizer.load(folder / "tokenizer.model")
    for split in splits:
        try:
            TokenFile.open(folder, split, tokenizer)
        except (RoboError, OSError, ValueError) as e:
            return Finding("fail", str(e), again)
    text = ", ".join(f"{name} {info.samples:,} samples" for name, info in splits.items())
    note = folder / "fingerprint.txt"
    if not note.exists() or note.read_text(encoding="utf-8") != corpus_fingerprint(patient.config):
        remedy = f"./justw data {patient.tier} (training does it too)"
        return Finding("warn", f"{text}; its sources or recipe have changed since", remedy)
    return Finding("ok", f"{text}; matches its sources and its tokenizer")


def _engine(_: Patient) -> Finding:
    from robo_runtime.engine.bindings import llama

    try:
        llama()
    except RoboError as e:
        return Finding("warn", str(e), "only `robo generate` and the exporters' check of parity need it")
    return Finding("ok", f"llama-cpp-python {version('llama-cpp-python')}")


def _checkpoints(patient: Patient) -> Finding:
    folders = sorted(p for p in (patient.root / "checkpoints").glob("*") if p.is_dir() and p.name[0] != ".")
    runs = sorted(p.parent.name for p in (patient.root / "runs").glob("*/last.ckpt"))
    files = ("config.json", "model.safetensors", "tokenizer.model", "training.json")
    for folder in folders:
        if missing := [name for name in files if not (folder / name).exists()]:
            return Finding("warn", f"{folder}: no {missing[0]}", "remove the folder or train it again")
    text = ", ".join(p.name for p in folders) or "none yet"
    return Finding("ok", text + (f"; to be resumed: {', '.join(runs)}" if runs else ""))


CHECKS: dict[str, Check] = {
    "Python": _python,
    "torch": _torch,
    "packages": _packages,
    "processor": _processor,
    "threads": _threads,
    "accelerator": _accelerator,
    "compiler": _compiler,
    "memory": _memory,
    "disk": _disk,
    "registry": _registry,
    "tokenizer": _tokenizer,
    "data": _data,
    "llama.cpp": _engine,
    "checkpoints": _checkpoints,
}
"""In the order they are printed."""


def examine(tier: str, checks: dict[str, Check] | None = None, root: Path | None = None) -> Iterator[Finding]:
    """Run the checks one after another; one that breaks is a finding like any other."""
    patient = Patient(tier, root or workspace())
    for name, check in (CHECKS if checks is None else checks).items():
        try:
            found = check(patient)
        except RoboError as e:
            found = Finding("fail", str(e), "see the message")
        except Exception as e:  # a broken installation may break anywhere
            found = Finding(
                "fail", f"{type(e).__name__}: {e}", "./justw test shows whether the code is sound"
            )
        yield Finding(found.status, found.text, found.remedy, name)


def summary(findings: list[Finding]) -> dict[str, Any]:
    """Score and findings for `--json`."""
    ok = sum(f.status == "ok" for f in findings)
    return {
        "ok": ok,
        "checks": len(findings),
        "percent": round(100 * ok / max(len(findings), 1)),
        "failed": [f.name for f in findings if f.status == "fail"],
        "findings": [asdict(f) for f in findings],
    }


def line(finding: Finding) -> str:
    """One finding as text."""
    mark = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}[finding.status]
    remedy = f"\n{'':18}-> {finding.remedy}" if finding.remedy else ""
    return f"{mark}  {finding.name:12}{finding.text}{remedy}"
