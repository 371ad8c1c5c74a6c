"""Packages of npm that checks run in Node.js: found where they are, fetched only when asked."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from robo_runtime.cache import cache_dir
from robo_runtime.errors import RoboError


class Package(NamedTuple):
    """One package, pinned."""

    name: str
    version: str
    file: str
    """What is wanted of it, as a path inside."""
    folder: str
    """Where it is kept in the cache."""
    variable: str
    """Environment variable that names the file."""
    command: str
    """What the user says to fetch it."""

    def find(self) -> Path:
        """The file: as the variable says, else from a `node_modules` here or above, else from the cache.

        Raises:
            RoboError: Node.js or the package is missing; says how to get it.
        """
        if shutil.which("node") is None:
            raise RoboError("node: not found; install Node.js 18 or later (Debian: apt install nodejs npm)")
        if named := os.environ.get(self.variable):
            if Path(named).is_file():
                return Path(named)
            raise RoboError(
                f"{self.variable}={named}: no such file; it names {Path(self.file).name} of {self.name}"
            )
        here = Path.cwd()
        for folder in (here, *here.parents, self._cache()):
            found = folder / "node_modules" / self.name / self.file
            if found.is_file():
                return found
        raise RoboError(f"{self.name}: not found; `{self.command}` fetches version {self.version} with npm")

    def install(self) -> Path:
        """Fetch the package with npm into the cache folder."""
        npm = shutil.which("npm")
        if npm is None:
            raise RoboError("npm: not found; install Node.js with npm (Debian: apt install nodejs npm)")
        self._cache().mkdir(parents=True, exist_ok=True)
        wanted = f"{self.name}@{self.version}"
        asked = [npm, "install", "--silent", "--no-save", "--prefix", str(self._cache()), wanted]
        done = subprocess.run(asked, capture_output=True, text=True)
        if done.returncode:
            raise RoboError(f"{' '.join(asked)} failed: {done.stderr.strip() or done.stdout.strip()}")
        return self.find()

    def _cache(self) -> Path:
        return cache_dir() / self.folder
