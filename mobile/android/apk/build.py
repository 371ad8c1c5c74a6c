#!/usr/bin/env python3
"""Make a signed APK without an Android SDK: the native core as a program, the model in its assets.

    .venv/bin/python mobile/android/apk/build.py [--model FILE] [--board esp32] [--out robolm.apk] [--json]

Needs `apt install aapt zipalign apksigner openjdk-17-jdk-headless`; Android's stubs and dex compiler are
fetched (android_platform.py). The program is linked from what `./justw bench-device-build` compiled for
aarch64, or given with --programs. The key is made here: sign an APK for a shop with your own (--keystore).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from robo_runtime.cache import grammar_text, scope_table
from robo_runtime.command import run as run_command
from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_file
from robo_runtime.languages import languages
from robo_runtime.models import default_model
from robo_runtime.native import native_data

sys.path.insert(0, str(Path(__file__).resolve().parent))
from android_platform import Platform, platform
from programs import VARIANTS, link
from signing import Key, sign, verify

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUILD = HERE.parent / "build" / "apk"
ABI = "arm64-v8a"
MIN_SDK, TARGET_SDK = 24, 34
MOST_BYTES = 12_000_000
"""What the APK of a nano model may have."""
NEEDED = ("aapt", "zipalign", "apksigner", "javac", "java", "keytool")

app = typer.Typer(add_completion=False)


@app.command()
def main(
    model: Annotated[Path | None, typer.Option(help="a GGUF file; the one that ships by default")] = None,
    board: Annotated[str, typer.Option(help="a name of configs/boards")] = "esp32",
    programs: Annotated[
        Path | None, typer.Option(help="folder with robo-exec for aarch64, linked before")
    ] = None,
    keystore: Annotated[
        Path | None, typer.Option(help="your own; ROBO_KEY_PASSWORD has its password")
    ] = None,
    android_jar: Annotated[Path | None, typer.Option(help="stubs of an SDK's platform")] = None,
    dx_jar: Annotated[Path | None, typer.Option(help="a dex compiler with dx's command line")] = None,
    out: Annotated[Path, typer.Option(help="the APK")] = BUILD / "robolm.apk",
    as_json: Annotated[bool, typer.Option("--json", help="print figures instead of a line")] = False,
) -> None:
    """Build, sign and verify."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        raise RoboError(
            f"{', '.join(missing)} missing: apt install aapt zipalign apksigner openjdk-17-jdk-headless"
        )
    given = Platform(android_jar, dx_jar) if android_jar and dx_jar else platform(BUILD / "debian-11")
    content = assets(model or default_model(), board)
    binaries = programs or link(BUILD / "programs")
    with atomic_file(out) as temporary:
        pack(temporary, content, binaries, given)
        sign(temporary, Key.of(keystore, BUILD / "debug.keystore"), MIN_SDK)
    report(out, as_json)


def assets(model: Path, board: str) -> Path:
    """A folder with the app's assets."""
    if not model.is_file():
        raise RoboError(f"{model}: no such model; give one with --model")
    folder = BUILD / "assets"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(model, folder / model.name)
    data = folder / f"{board}.robo"
    data.write_bytes(native_data(grammar_text(board), scope_table(), board))
    files = (folder / model.name, data)
    write_rows(
        folder / "files.tsv", ((each.name, hashlib.sha256(each.read_bytes()).hexdigest()) for each in files)
    )
    write_rows(folder / "languages.tsv", ((each.code, each.native) for each in languages().values()))
    licences = [ROOT / "LICENSE", ROOT / "mobile" / "native" / "llama.cpp" / "LICENSE"]
    text = "\n\n".join(f"{path.parent.name}\n\n{path.read_text()}" for path in licences)
    (folder / "LICENCES.txt").write_text(text.replace(f"{ROOT.name}\n", "RoboLM\n", 1), encoding="utf-8")
    return folder


def write_rows(path: Path, rows: Iterable[tuple[str, str]]) -> None:
    """Rows of two cells."""
    path.write_text("".join(f"{a}\t{b}\n" for a, b in rows), encoding="utf-8")


def pack(apk: Path, content: Path, binaries: Path, given: Platform) -> None:
    """Resources, assets, code and programs into an archive, aligned."""
    work = BUILD / "work"
    shutil.rmtree(work, ignore_errors=True)
    for name in ("gen", "classes"):
        (work / name).mkdir(parents=True)
    unaligned = work / "unaligned.apk"
    call(
        "aapt", "package", "-f", "-m", "-J", work / "gen", "-M", HERE / "AndroidManifest.xml",
        "-S", HERE / "res", "-A", content, "-I", given.android,
        "--min-sdk-version", MIN_SDK, "--target-sdk-version", TARGET_SDK, "-F", unaligned,
    )  # fmt: skip
    sources = [*(work / "gen").rglob("*.java"), *(HERE / "src").rglob("*.java")]
    call(
        "javac", "-nowarn", "-Xlint:-options", "-encoding", "UTF-8", "-source", "8", "-target", "8",
        "-bootclasspath", given.android, "-d", work / "classes", *sources,
    )  # fmt: skip
    call(
        "java", "-cp", given.dx, "com.android.dx.command.Main", "--dex", f"--min-sdk-version={MIN_SDK}",
        f"--output={work / 'classes.dex'}", work / "classes",
    )  # fmt: skip
    with zipfile.ZipFile(unaligned, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(work / "classes.dex", "classes.dex")
        for variant, library in VARIANTS.items():
            if (program := binaries / variant).is_file():
                archive.write(program, f"lib/{ABI}/{library}")
        if f"lib/{ABI}/librobo_exec.so" not in archive.namelist():
            raise RoboError(f"{binaries}: has no robo-exec, which is the program for any aarch64 processor")
    call("zipalign", "-f", "-p", "4", unaligned, apk)


def call(*command: object) -> str:
    """Run a tool; its messages are for whoever reads its failure."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr + done.stdout).strip()[-1500:]
        raise RoboError(f"{command[0]} failed:\n{said}")
    return done.stdout


def report(apk: Path, as_json: bool) -> None:
    """Say what was made; end with an error where it is not what it should be."""
    verified = verify(apk)
    size = apk.stat().st_size
    if "uses-permission" in call("aapt", "dump", "badging", apk):
        raise RoboError(f"{apk}: asks for permissions, and needs none")
    with zipfile.ZipFile(apk) as archive:
        parts = {
            each.filename: {"bytes": each.file_size, "compressed": each.compress_size}
            for each in archive.infolist()
        }
    if as_json:
        sha256 = hashlib.sha256(apk.read_bytes()).hexdigest()
        figures = {
            "apk": os.fspath(apk), "bytes": size, "sha256": sha256, "signatures": verified,
            "min_sdk": MIN_SDK, "target_sdk": TARGET_SDK, "permissions": [], "parts": parts,
        }  # fmt: skip
        typer.echo(json.dumps(figures, indent=1))
    else:
        typer.echo(f"{apk}: {size:,} bytes, signed {' and '.join(verified)}")
    if size > MOST_BYTES:
        typer.echo(f"note: over {MOST_BYTES:,} bytes, the limit for the smallest model", err=True)


if __name__ == "__main__":
    run_command(app)
