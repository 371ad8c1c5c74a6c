"""Runs the tests of the native core with a library that was built with sanitizers.

    ./justw native --sanitize address && python -m tests.native.sanitized address [PYTEST ARGUMENTS]
    ./justw native --sanitize thread && python -m tests.native.sanitized thread -k "thread or cancel"

The interpreter is not built with them, so their library is preloaded. Leaks are looked for by the C example alone
(`test_native_example.py`): an interpreter never gives all its memory back. Every other report ends the run.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.native.binding import NATIVE

LIBRARIES = {"address": "libasan.so", "thread": "libtsan.so"}


def environment(kind: str) -> dict[str, str]:
    """Variables that a process with such a library needs."""
    library = NATIVE / f"build-{kind}" / "librobo.so"
    if not library.is_file():
        sys.exit(f"{library} is not built: ./justw native --sanitize {kind}")
    # libstdc++, too: exceptions are looked up when the first of them is loaded
    preload = [_path_of(name) for name in (LIBRARIES[kind], "libstdc++.so.6")]
    return {
        **os.environ,
        "ROBO_NATIVE_LIBRARY": str(library),
        "LD_PRELOAD": ":".join(preload),
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
    }


def _path_of(library: str) -> str:
    command = [os.environ.get("CC", "gcc"), f"-print-file-name={library}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    """Become pytest."""
    if len(sys.argv) < 2 or sys.argv[1] not in LIBRARIES:
        sys.exit(__doc__)
    kind, *rest = sys.argv[1:]
    files = sorted(str(path) for path in (NATIVE.parents[1] / "tests" / "native").glob("test_native_*.py"))
    command = [sys.executable, "-m", "pytest", "-q", "--capture=sys", *files, *rest]
    os.execve(sys.executable, command, environment(kind))


if __name__ == "__main__":
    main()
