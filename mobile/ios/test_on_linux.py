#!/usr/bin/env python3
"""Build the Swift package over librobo.so on Linux and run its tests against the Python runtime's answers.

    ./justw native && .venv/bin/python mobile/ios/test_on_linux.py
    .venv/bin/python mobile/ios/test_on_linux.py --root ~/swift    where Swift is not installed: see below
    .venv/bin/python mobile/ios/test_on_linux.py -- --filter CancelTests
    .venv/bin/python mobile/ios/test_on_linux.py --example MODEL.gguf BOARD.robo "Blink an LED on pin 2"

Takes `swift` (6.0 or later) from PATH. Debian has it from version 13: on an older one, `--root FOLDER` makes
a Debian 13 with Swift in that folder (2.8 GB, once, with mmdebstrap: `apt install mmdebstrap`) and works in
there with chroot, as root; only the repository and the scratch folders are seen from inside.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

IOS = Path(__file__).resolve().parent
REPOSITORY = IOS.parents[1]
LIBRARY = Path(os.environ.get("ROBO_NATIVE_LIBRARY", IOS.parent / "native" / "build" / "librobo.so"))
PACKAGES = ("swiftlang", "libc6-dev", "libstdc++-14-dev")
# libswiftObservation.so of Swift 6.0 names a function that no library has, and nothing calls it.
LINK = ("-Xlinker", f"-L{LIBRARY.parent}", "-Xlinker", "--allow-shlib-undefined")
MOUNTED_CHROOT = """
set -e
root=$1 folder=$2; shift 2
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
for shared in $SHARED; do mkdir -p "$root$shared"; mount --rbind "$shared" "$root$shared"; done
exec chroot "$root" env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 $SETTINGS \
    sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
"""


def main() -> int:
    """Run the tests; the exit status is that of `swift test`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--root", type=Path, help="a Debian 13 with Swift, made where there is none")
    parser.add_argument("--assets", type=Path, help="what `python -m tests.ios.assets` wrote; else made")
    parser.add_argument("--scratch", type=Path, default=IOS / ".build", help="where to build")
    parser.add_argument("--jobs", type=int, default=2, help="compilers at a time")
    parser.add_argument(
        "--example", nargs=3, metavar=("MODEL", "DATA", "PROMPT"), help="run Example, no tests"
    )
    parser.add_argument("arguments", nargs="*", help="for `swift test`, behind --")
    given = parser.parse_args()
    if not LIBRARY.is_file():
        return fail(f"{LIBRARY} is not built: ./justw native")
    if given.root is None and shutil.which("swift") is None:
        return fail("there is no `swift` on the PATH; install Swift 6, or name a folder for one with --root")
    if (
        given.root
        and not os.path.lexists(given.root / "usr/bin/swift")
        and (problem := make_root(given.root))
    ):
        return fail(problem)
    given.scratch.mkdir(parents=True, exist_ok=True)
    scratch, root = given.scratch.resolve(), given.root.resolve() if given.root else None
    build = ["--jobs", str(given.jobs), "--scratch-path", str(scratch), *LINK]
    settings, shared = {"LD_LIBRARY_PATH": str(LIBRARY.parent)}, [REPOSITORY, scratch, LIBRARY.parent]
    if given.example:
        files = [Path(name).resolve() for name in given.example[:2]]
        command = ["swift", "run", "-c", "release", *build, "Example", *map(str, files), given.example[2]]
        return run(command, settings, root, [*shared, *(file.parent for file in files)])
    assets = given.assets.resolve() if given.assets else scratch / "assets"
    if not given.assets:
        subprocess.run([sys.executable, "-m", "tests.ios.assets", str(assets)], cwd=REPOSITORY, check=True)
    settings["ROBO_TEST_ASSETS"] = str(assets)
    shared += [assets, *targets(assets)]
    command = ["swift", "test", "--disable-xctest", *build, *given.arguments]
    return run(core_ml_types(scratch), settings, root, shared) or run(command, settings, root, shared)


def make_root(root: Path) -> str:
    """A Debian 13 with Swift in `root`; what is wrong, or nothing."""
    if root.exists() and not (root.is_dir() and not any(root.iterdir())):
        return f"{root} is there and has no Swift in it; name another folder"
    if shutil.which("mmdebstrap") is None:
        return "mmdebstrap is missing: apt install mmdebstrap"
    temporary = root.with_name(root.name + ".part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mmdebstrap", "--variant=apt", f"--include={','.join(PACKAGES)}",
         "--dpkgopt=path-exclude=/usr/share/doc/*", "trixie", str(temporary)],
        check=False,
    )  # fmt: skip
    if done.returncode:
        return f"mmdebstrap failed (exit {done.returncode}); its message is above"
    temporary.rename(root)
    return ""


def core_ml_types(scratch: Path) -> list[str]:
    """Check the types of what is for Core ML alone, against declarations: there is no Core ML here."""
    declared = scratch / "declarations"
    declared.mkdir(exist_ok=True)
    sources = sorted(str(path) for path in (IOS / "Sources" / "RoboLM").rglob("*.swift"))
    module = f"{declared}/CoreML.swiftmodule"
    steps = [
        ["swiftc", "-swift-version", "6", "-emit-module", "-module-name", "CoreML",
         "-emit-module-path", module, str(IOS / "Tests/Declarations/CoreML.swift")],
        ["swiftc", "-swift-version", "6", "-typecheck", "-warnings-as-errors", "-module-name", "RoboLM",
         "-I", str(declared), "-I", str(IOS / "Sources/CRobo"), *sources],
    ]  # fmt: skip
    return ["sh", "-ec", " && ".join(map(shlex.join, steps))]


def targets(assets: Path) -> list[Path]:
    """Folders of the files that the assets name."""
    expected = json.loads((assets / "expected.json").read_text(encoding="utf-8"))
    return [Path(expected[name]).parent for name in ("model", "tokenizer") if Path(expected[name]).exists()]


def run(command: Sequence[str], settings: dict[str, str], root: Path | None, shared: Sequence[Path]) -> int:
    """Run in the package's folder, within `root` where there is one; the exit status."""
    if root is None:
        return subprocess.run(command, cwd=IOS, env={**os.environ, **settings}, check=False).returncode
    outer = []  # a folder within another is there already
    for path in sorted({path.resolve() for path in shared}):
        if not any(path.is_relative_to(other) for other in outer):
            outer.append(path)
    if any(" " in str(path) for path in [*outer, root]):
        return fail("with --root, no folder may have a space in its name")
    environment = {
        **os.environ,
        "SHARED": " ".join(map(str, outer)),
        "SETTINGS": " ".join(f"{name}={value}" for name, value in settings.items()),
    }
    inside = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", MOUNTED_CHROOT, "sh", str(root), str(IOS)]
    return subprocess.run([*inside, *command], env=environment, check=False).returncode


def fail(message: str) -> int:
    sys.stderr.write(f"error: {message}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
