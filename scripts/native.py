#!/usr/bin/env python3
"""Build the native core (`mobile/native`) into `mobile/native/build`, fetching llama.cpp's sources first.

    scripts/native.py                the library, for this machine's processor
    scripts/native.py --portable     for any processor of this kind, without what it exports for tests, into
                                     `build-portable`
    scripts/native.py --sanitize address   with AddressSanitizer and UBSan, into `build-address`
    scripts/native.py --sanitize thread    with ThreadSanitizer, into `build-thread`
    scripts/native.py --fetch        only the sources

The sources are those that the pinned llama-cpp-python vendors: from the package index, checked by hash, cut
down to what a Llama on a CPU needs. Python's standard library only, beside pip and CMake.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
NATIVE = ROOT / "mobile" / "native"
SOURCES = NATIVE / "llama.cpp"
PACKAGE, VERSION = "llama-cpp-python", "0.3.36"
SHA256 = "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"
VENDOR = PurePosixPath(f"llama_cpp_python-{VERSION}/vendor/llama.cpp")

SANITIZERS = {"address": "address,undefined", "thread": "thread"}
_KEPT = ("LICENSE", "cmake/", "include/", "src/", "ggml/CMakeLists.txt", "ggml/cmake/", "ggml/include/")
_ARCHES = ("arm", "x86")
_MAPPED = re.compile(r"        case LLM_ARCH_(\w+):\n            return new llama_model_\w+\(params\);\n")


def main() -> None:
    """Fetch and build."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fetch", action="store_true", help="only the sources")
    parser.add_argument("--portable", action="store_true", help="for any processor of this kind, to ship")
    parser.add_argument("--sanitize", choices=SANITIZERS, help="with AddressSanitizer and UBSan, or TSan")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="compilers at a time")
    options = parser.parse_args()
    if not fetched():
        fetch()
    if not options.fetch:
        build(portable=options.portable, sanitize=options.sanitize, jobs=options.jobs)


def fetched() -> bool:
    """Whether the sources of this version are there."""
    stamp = SOURCES / "version"
    return stamp.is_file() and stamp.read_text() == SHA256


def fetch() -> None:
    """Download the source archive, check it and unpack what is needed."""
    with tempfile.TemporaryDirectory() as folder:
        archive = download(Path(folder))
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        if digest != SHA256:
            sys.exit(f"{archive.name} has the sha256 {digest}, expected {SHA256}: it is not unpacked")
        shutil.rmtree(SOURCES, ignore_errors=True)
        unpack(archive, SOURCES)
    keep_only_llama(SOURCES / "src" / "llama-model.cpp")
    (SOURCES / "version").write_text(SHA256)


def download(folder: Path) -> Path:
    """The source archive, from the package index; pip also asks it for its metadata, which takes a while."""
    command = ["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", PACKAGE]
    subprocess.run([sys.executable, *command, f"{PACKAGE}=={VERSION}", "--dest", str(folder)], check=True)
    (archive,) = folder.glob("*.tar.gz")
    return archive


def unpack(archive: Path, to: Path) -> None:
    """The files that are needed, without links."""
    with tarfile.open(archive) as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            if not member.isfile() or VENDOR not in path.parents or ".." in path.parts:
                continue
            inside = path.relative_to(VENDOR)
            if needed(str(inside)):
                target = to / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                source = tar.extractfile(member)
                assert source is not None
                target.write_bytes(source.read())


def needed(path: str) -> bool:
    """Whether a file of llama.cpp belongs to running a Llama on an ARM or x86 CPU."""
    if path.startswith("src/models/"):
        return path in ("src/models/models.h", "src/models/llama.cpp")
    if path.startswith("ggml/src/ggml-cpu/arch/"):
        return path.split("/")[4] in _ARCHES
    if path.startswith("ggml/src/ggml-cpu/"):
        return "spacemit/" not in path and "kleidiai/" not in path
    if path.startswith("ggml/src/"):
        return path.count("/") == 2
    return path.startswith(_KEPT)


def keep_only_llama(source: Path) -> None:
    """Let the list of architectures name one alone, so that the others need not be compiled."""
    text = source.read_text(encoding="utf-8")
    found = {m[1] for m in _MAPPED.finditer(text)}
    if "LLAMA" not in found or len(found) < 100:
        sys.exit(f"{source}: the list of architectures is not written as in {PACKAGE} {VERSION}")
    source.write_text(_MAPPED.sub(lambda m: m[0] if m[1] == "LLAMA" else "", text), encoding="utf-8")


def build(*, portable: bool, sanitize: str | None, jobs: int) -> None:
    """Configure and compile."""
    kind = sanitize or ("portable" if portable else "")
    folder = NATIVE / (f"build-{kind}" if kind else "build")
    switch, sanitizers = {True: "ON", False: "OFF"}, SANITIZERS[sanitize] if sanitize else ""
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    subprocess.run(
        ["cmake", *generator, "-S", str(NATIVE), "-B", str(folder),
         f"-DCMAKE_BUILD_TYPE={'' if sanitize else 'Release'}",
         f"-DGGML_NATIVE={switch[not portable]}", f"-DROBO_SANITIZE={sanitizers}",
         f"-DROBO_PARTS={switch[not portable]}"],
        check=True,
    )  # fmt: skip
    subprocess.run(["cmake", "--build", str(folder), "--parallel", str(jobs)], check=True)


if __name__ == "__main__":
    main()
