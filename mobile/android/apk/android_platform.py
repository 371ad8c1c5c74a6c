"""Android's stubs and its dex compiler, from Debian 11's archive: no Android SDK is needed.

The packages are fetched with apt from the mirror that this system uses, checked by hash, and unpacked beside
what else is built; nothing is installed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_folder

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PACKAGES = {
    "libandroid-23-java": "8af1b6df556971dda0a6da3536ea526a838e0c363afcdd454213d8bce94793e3",
    "dalvik-exchange": "8fc128db7c27253d963eb9b33de79b197162a4749d2ba69019b2fd0664cbd7fe",
}
"""Packages of Debian 11 and the sha256 of their files."""
ANDROID_JAR = Path("usr/share/java/com.android.android-23.jar")
DX_JAR = Path("usr/share/java/com.android.dx-10.0.0.jar")


class Platform(NamedTuple):
    """What Java is compiled against, and what makes Dalvik's code of it."""

    android: Path
    dx: Path


def platform(folder: Path) -> Platform:
    """Both, fetched into `folder` where they are not there yet.

    Raises:
        RoboError: this is no Debian or Ubuntu, or its mirror has no such package.
    """
    if not (folder / DX_JAR).is_file():
        _fetch(folder)
    return Platform(folder / ANDROID_JAR, folder / DX_JAR)


def _fetch(folder: Path) -> None:
    remedy = "give an SDK's own files with --android-jar and --dx-jar"
    for needed in ("apt-get", "dpkg-deb"):
        if shutil.which(needed) is None:
            raise RoboError(f"{needed} is not there, so Debian's packages cannot be had; {remedy}")
    if not KEYRING.is_file():
        raise RoboError(f"{KEYRING} is missing: apt install debian-archive-keyring; or {remedy}")
    with tempfile.TemporaryDirectory() as name, atomic_folder(folder) as unpacked:
        private = Path(name)
        apt = _configure(private)
        _run([*apt, "update", "-qq"])
        _run([*apt, "download", *PACKAGES], cwd=private)
        for package, sha256 in PACKAGES.items():
            (archive,) = private.glob(f"{package}_*.deb")
            found = hashlib.sha256(archive.read_bytes()).hexdigest()
            if found != sha256:
                raise RoboError(f"{archive.name} has the sha256 {found}, expected {sha256}; {remedy}")
            _run(["dpkg-deb", "-x", str(archive), str(unpacked)])


def _configure(private: Path) -> list[str]:
    """apt with Debian 11 alone and folders of its own."""
    for part in ("lists/partial", "cache/archives/partial"):
        (private / part).mkdir(parents=True)
    (private / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} bullseye main\n")
    settings = {
        "Dir::Etc::SourceList": private / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": private / "lists",
        "Dir::Cache": private / "cache",
        "Dir::State::Status": "/dev/null",
        "APT::Sandbox::User": "root",
    }
    return ["apt-get", *(word for key, value in settings.items() for word in ("-o", f"{key}={value}"))]


def _mirror() -> str:
    """The one that this system has Debian from."""
    targets = _run(["apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)"])
    for line in targets.splitlines():
        origin, _, uri = line.partition(" ")
        if origin == "Debian" and "security" not in uri:
            return uri
    raise RoboError("apt has no mirror of Debian here; give an SDK's files with --android-jar and --dx-jar")


def _run(command: list[str], cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise RoboError(f"{' '.join(command[:1])} {command[-1]} failed: {last}")
    return done.stdout
