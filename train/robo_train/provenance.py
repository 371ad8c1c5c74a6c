"""Where a result comes from: commit, versions, machine, load."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from robo_runtime.paths import workspace

from robo_train.hardware import load_average


def git_commit() -> dict[str, Any]:
    """Commit and whether files differ from it; empty outside a checkout."""

    def git(*args: str) -> str:
        done = subprocess.run(["git", *args], cwd=workspace(), capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": "", "dirty": False}


def versions(*packages: str) -> dict[str, str]:
    """Installed versions of packages; those that are missing are left out."""
    found = {"python": sys.version.split()[0]}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def cpu_name() -> str:
    """The processor's name, as the system calls it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def provenance() -> dict[str, Any]:
    """Command, commit, versions and machine, for `training.json` and benchmark files."""
    return {
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "git": git_commit(),
        "versions": versions("torch", "lightning", "sentencepiece", "numpy", "robo-train"),
        "machine": {
            "cpu": cpu_name(), "cores": os.cpu_count(), "system": platform.platform(terse=True),
            "load": round(load_average(), 2),
        },
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }  # fmt: skip
