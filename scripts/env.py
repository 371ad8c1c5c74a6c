#!/usr/bin/env python3
"""Make or refresh the environment in .venv, one layer at a time; nothing happens when nothing changed.

    scripts/env.py just      only the `just` command
    scripts/env.py train     training and GGUF export: no compiler needed
    scripts/env.py onnx      training and ONNX export; litert, coreml: theirs; all: every export
    scripts/env.py run       the runtime with llama.cpp: compiles for some minutes, once
    scripts/env.py serve     the runtime and its server
    scripts/env.py test      all of it and what the tests need
    scripts/env.py bench     that, and the libraries we are measured beside
    scripts/env.py zig       a C compiler for other processors, for the benchmark program of phones

Uses pip with its own settings (PIP_FIND_LINKS, PIP_INDEX_URL, pip.conf). Python's standard library only.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMPS = VENV / "robolm-layers.json"

PIP = ["pip>=25.1"]  # the first pip that reads [dependency-groups]
TRAIN = ["-e", "runtime", "-e", "train[report]", "-e", "convert"]
EXPORTS = {
    "onnx": ["-e", "convert[onnx]"],
    "coreml": ["-e", "convert[coreml]"],
    "litert": ["-e", "convert[litert]"],
    "tflite": ["-e", "convert[litert]"],
    "all": ["-e", "convert[onnx,litert,coreml]"],
}
# Without what xgrammar declares: triton (290 MB, for GPUs) is never imported, the rest is there already.
XGRAMMAR = ["--no-deps", "xgrammar==0.2.8", "apache-tvm-ffi==0.1.15.post2"]
TEST = [TRAIN, ["-e", "runtime[llama,chat,serve]"], ["--group", "test"], XGRAMMAR]
LAYERS = {
    "just": [["rust-just==1.*"]],
    "train": [TRAIN],
    **{name: [[*TRAIN, *extras]] for name, extras in EXPORTS.items()},
    "run": [["-e", "runtime[llama,chat,flash]"]],
    "serve": [["-e", "runtime[llama,serve]"]],
    "zig": [["ziglang==0.15.2"]],  # scripts/native_bench.py names the clang within
    "test": TEST,
    "bench": [*TEST, ["--group", "peers"]],
}
SOURCES = ["pyproject.toml", "runtime/pyproject.toml", "train/pyproject.toml", "convert/pyproject.toml"]
COMPILES = ("run", "serve", "test", "bench")


def fingerprint(layer: str) -> str:
    """What the layer was made from; when it changes, pip is asked again."""
    digest = hashlib.sha256(f"{sys.version}{ROOT}{LAYERS[layer]}".encode())
    for name in SOURCES if layer != "just" else []:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def pip(*args: str) -> None:
    subprocess.run([str(PYTHON), "-m", "pip", "install", "--quiet", *args], cwd=ROOT, check=True)


def needs_llama() -> bool:
    """True when llama-cpp-python is about to be built from source."""
    found = subprocess.run([str(PYTHON), "-c", "import importlib.util as u; print(u.find_spec('llama_cpp'))"],
                           capture_output=True, text=True, check=False)  # fmt: skip
    return found.stdout.strip() in ("", "None")


def say(text: str) -> None:
    sys.stderr.write(text + "\n")


def announce_compile() -> None:
    if shutil.which("cc") is None and shutil.which("cl") is None and not os.environ.get("CC"):
        say("note: no C compiler was found; if pip finds no ready-made llama-cpp-python, install one"
            " (Debian and Ubuntu: apt install build-essential)")  # fmt: skip
    minutes = max(2, round(20 / (os.cpu_count() or 1)))
    say(f"installing llama-cpp-python: unless pip has it in its cache it is compiled now, once, about "
        f"{minutes} minutes on {os.cpu_count()} cores")  # fmt: skip


def main() -> int:
    layers = sys.argv[1:]
    if not layers or any(layer not in LAYERS for layer in layers):
        say(f"usage: scripts/env.py {'|'.join(LAYERS)}")
        return 2
    try:
        stamps = json.loads(STAMPS.read_text()) if STAMPS.exists() else {}
    except json.JSONDecodeError:
        stamps = {}
    todo = [layer for layer in layers if stamps.get(layer) != fingerprint(layer)]
    if not todo:
        return 0
    try:
        if not PYTHON.exists():
            say("making the environment in .venv")
            subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        for layer in todo:
            start = time.monotonic()
            if layer != "just":
                say(f"setting up '{layer}' (first time: a few minutes, later: at once)")
                pip(*PIP)
            if layer in COMPILES and needs_llama():
                announce_compile()
            for arguments in LAYERS[layer]:
                pip(*arguments)
            stamps[layer] = fingerprint(layer)
            temporary = STAMPS.with_suffix(".tmp")
            temporary.write_text(json.dumps(stamps, indent=1))
            temporary.replace(STAMPS)
            if layer != "just":
                say(f"'{layer}' is ready ({time.monotonic() - start:.0f} s)")
    except subprocess.CalledProcessError as e:
        say(f"error: {' '.join(map(str, e.cmd[1:6]))} … failed (exit {e.returncode}); its message is above."
            " Mend it and run the same command again: it goes on where it stopped.")  # fmt: skip
        return 2
    except KeyboardInterrupt:
        say("stopped; run the same command again to go on")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
