#!/usr/bin/env python3
"""Compile the Android library (`mobile/android`) for this computer's JVM, to be tested without a phone.

    scripts/android.py            into mobile/android/build/host
    scripts/android.py --android-jar android.jar
                                  also the files that use Android's classes, against a platform's stubs

Needs a JDK 17, CMake, a C++ compiler, npm (for the Kotlin compiler, which mobile/android/host/package.json
pins) and the native core (`scripts/native.py`). What is built is kept until a source changes. The sample app
(Compose) and the one file that uses LiteRT's own classes are parsed alone. Python's standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ANDROID = ROOT / "mobile" / "android"
LIBRARY = ANDROID / "robolm" / "src" / "main"
HOST = ANDROID / "host"
APK = ANDROID / "apk"
SAMPLE = ANDROID / "sample" / "src" / "main" / "kotlin"
SCREEN = "MainActivity.java"
"""Uses Android's classes."""
BUILD = ANDROID / "build" / "host"
NATIVE = Path(os.environ.get("ROBO_NATIVE_LIBRARY", ROOT / "mobile" / "native" / "build" / "librobo.so"))
COMPILER = HOST / "node_modules" / "kotlin-compiler"
NEEDED = {
    "javac": "a JDK 17 (Debian: apt install openjdk-17-jdk-headless)",
    "npm": "Node.js 20 (https://nodejs.org)",
    "cmake": "CMake (apt install cmake)",
    "c++": "a C++ compiler (apt install g++)",
}
JARS = ("kotlin-stdlib", "kotlinx-coroutines-core-jvm", "kotlin-test")
"""What the tests run with, from the compiler's package."""
TOOLS = (
    "kotlin-compiler",
    "kotlin-stdlib",
    "kotlin-script-runtime",
    "kotlin-reflect",
    *JARS[1:2],
    "annotations-13.0",
)
"""What the compiler runs with."""
LITERT = "TfliteInterpreter.kt"
"""Uses classes that no package has here."""


def main() -> None:
    """Build what has changed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--android-jar", type=Path, help="stubs of a platform of the Android SDK")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="compilers at a time")
    options = parser.parse_args()
    missing = [remedy for command, remedy in NEEDED.items() if shutil.which(command) is None]
    if not NATIVE.is_file():
        missing.append(f"{NATIVE}: ./justw native")
    if options.android_jar and not options.android_jar.is_file():
        missing.append(f"{options.android_jar}: no such file")
    if missing:
        sys.exit("needed, and not there:\n  " + "\n  ".join(missing))
    BUILD.mkdir(parents=True, exist_ok=True)
    install_compiler()
    build_jni(options.jobs)
    build_apk_engine()
    sources = kotlin(LIBRARY / "kotlin", android=False)
    compile_kotlin("robolm", sources, [])
    library = BUILD / "robolm.jar"
    compile_kotlin("host-tests", kotlin(HOST / "kotlin"), [library], f"-Xfriend-paths={library}")
    parse_kotlin("sample", [*kotlin(SAMPLE), LIBRARY / "kotlin" / "io" / "robolm" / "android" / LITERT])
    if options.android_jar:
        whole = kotlin(LIBRARY / "kotlin", android=True)
        compile_kotlin("robolm-android", whole, [options.android_jar])


def kotlin(folder: Path, *, android: bool = True) -> list[Path]:
    """Sources below a folder; without those in folders called `android` where not wanted."""
    found = sorted(path for path in folder.rglob("*.kt") if path.name != LITERT)
    return [path for path in found if android or path.parent.name != "android"]


def install_compiler() -> None:
    """The Kotlin compiler, as the lock file pins it."""
    lock = HOST / "package-lock.json"
    with Stamp("npm", [lock], COMPILER / "lib" / "kotlin-compiler.jar") as stale:
        if stale:
            subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=HOST, check=True
            )


def build_jni(jobs: int) -> None:
    """`librobo_jni.so`, linked to the native core of this computer."""
    folder = BUILD / "jni"
    jdk = Path(shutil.which("javac") or "").resolve().parents[1]
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    subprocess.run(
        ["cmake", *generator, "-S", str(LIBRARY / "cpp"), "-B", str(folder),
         "-DCMAKE_BUILD_TYPE=RelWithDebInfo", f"-DROBO_LIBRARY={NATIVE.resolve()}", f"-DROBO_JDK={jdk}",
         "--log-level=WARNING"],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    subprocess.run(
        ["cmake", "--build", str(folder), "--parallel", str(jobs)], check=True, stdout=subprocess.DEVNULL
    )
    shutil.copy2(folder / "librobo_jni.so", BUILD)


def build_apk_engine() -> None:
    """The APK's parts beside its screen: the program, and what talks to it, with its tests."""
    program, source = BUILD / "robo-exec", APK / "exec" / "robo_exec.cpp"
    header = ROOT / "mobile" / "native" / "include" / "robo.h"
    library = NATIVE.resolve().parent
    with Stamp("exec", [source, header], program) as stale:
        if stale:
            subprocess.run(
                ["c++", "-std=c++17", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror",
                 f"-I{header.parent}", str(source), "-o", str(program),
                 f"-L{library}", "-lrobo", f"-Wl,-rpath,{library}", "-pthread"],
                check=True,
            )  # fmt: skip
    sources = [path for folder in ("src", "test") for path in sorted((APK / folder).rglob("*.java"))]
    sources = [path for path in sources if path.name != SCREEN]
    classes = BUILD / "apk-classes"
    with Stamp("apk", sources, classes) as stale:
        if stale:
            shutil.rmtree(classes, ignore_errors=True)
            command = ["javac", "-Xlint:all,-options", "-Werror", "--release", "8", "-encoding", "UTF-8"]
            subprocess.run([*command, "-d", str(classes), *map(str, sources)], check=True)


def jars() -> list[Path]:
    """What compiled Kotlin runs with."""
    return [COMPILER / "lib" / f"{name}.jar" for name in JARS]


def compile_kotlin(name: str, sources: list[Path], classpath: list[Path], *options: str) -> None:
    """A jar of sources; warnings are errors."""
    jar = BUILD / f"{name}.jar"
    with Stamp(name, [*sources, *classpath, COMPILER / "build.txt"], jar) as stale:
        if not stale:
            return
        print(f"compiling {name} ({len(sources)} files)", flush=True)
        jar.unlink(missing_ok=True)
        command = compiler(name, sources, [*classpath, *jars()], jar, "-Werror", *options)
        if subprocess.run(command, check=False).returncode:
            sys.exit(f"{name} does not compile; the compiler's messages are above")


def parse_kotlin(name: str, sources: list[Path]) -> None:
    """Look for errors of syntax alone: the libraries that the sources use are not there."""
    noted = BUILD / f"{name}.parsed"
    with Stamp(name, [*sources, COMPILER / "build.txt"], noted) as stale:
        if not stale:
            return
        print(f"parsing {name} ({len(sources)} files)", flush=True)
        command = compiler(name, sources, jars(), BUILD / f"{name}.jar", "-nowarn")
        said = subprocess.run(command, check=False, capture_output=True, text=True).stderr.splitlines()
        wrong = [line for line in said if "error: syntax error" in line]
        if wrong or not any("error: unresolved reference" in line for line in said):
            sys.exit("\n".join(wrong or said[-20:]) + f"\n{name} cannot be parsed")
        noted.touch()


def compiler(name: str, sources: list[Path], classpath: list[Path], jar: Path, *options: str) -> list[str]:
    """The Kotlin compiler's command."""
    tools = [COMPILER / "lib" / f"{tool}.jar" for tool in TOOLS]
    return [
        "java", "-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", joined(tools),
        "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-kotlin-home", str(COMPILER), "-no-reflect",
        "-no-stdlib", "-jvm-target", "17", "-module-name", name, *options,
        "-cp", joined(classpath), "-d", str(jar), *map(str, sources),
    ]  # fmt: skip


def joined(paths: list[Path]) -> str:
    """A class path."""
    return os.pathsep.join(map(str, paths))


class Stamp:
    """Tells whether `made` is there and was made from `sources` as they are, and notes that it was."""

    def __init__(self, name: str, sources: Iterable[Path], made: Path) -> None:
        self._path, self._made = BUILD / f"{name}.stamp", made
        digest = hashlib.sha256()
        for source in sources:
            digest.update(f"{source.name}\n".encode() + hashlib.sha256(source.read_bytes()).digest())
        self._digest = digest.hexdigest()

    def __enter__(self) -> bool:
        kept = self._path.read_text() if self._path.is_file() else ""
        return kept != self._digest or not self._made.exists()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            temporary = self._path.with_suffix(".tmp")
            temporary.write_text(self._digest)
            temporary.replace(self._path)


if __name__ == "__main__":
    main()
