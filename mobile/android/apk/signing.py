"""Signatures of APKs, by Android's apksigner: schemes v2 and v3."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from robo_runtime.errors import RoboError

SCHEMES = {"v2": "APK Signature Scheme v2", "v3": "APK Signature Scheme v3"}
_PASSWORD = "ROBO_KEY_PASSWORD"
_DEBUG = "android"
"""As Android's own tools call the password of keys that prove nothing."""


class Key(NamedTuple):
    """A keystore and its password."""

    path: Path
    password: str

    @classmethod
    def of(cls, own: Path | None, debug: Path) -> Key:
        """The given keystore, or one for debugging, which is made where it is missing.

        Raises:
            RoboError: there is no such file, or no password for it.
        """
        if own is None:
            if not debug.is_file():
                _make(debug)
            return cls(debug, _DEBUG)
        if not own.is_file():
            raise RoboError(f"{own}: no such keystore")
        if not (password := os.environ.get(_PASSWORD, "")):
            raise RoboError(f"{own}: its password is wanted in the environment variable {_PASSWORD}")
        return cls(own, password)


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _run([
        "keytool", "-genkeypair", "-keystore", str(path), "-storepass", _DEBUG, "-keypass", _DEBUG,
        "-alias", "debug", "-keyalg", "RSA", "-keysize", "2048", "-validity", "10000",
        "-dname", "CN=RoboLM debug", "-storetype", "PKCS12",
    ])  # fmt: skip


def sign(apk: Path, key: Key, min_sdk: int) -> None:
    """Sign in place. v1 is left out: only Androids before 7 need it."""
    if min_sdk < 24:
        raise RoboError(f"min_sdk is {min_sdk}: below 24 a signature of scheme v1 is needed, too")
    _run(
        ["apksigner", "sign", "--ks", str(key.path), "--ks-pass", f"env:{_PASSWORD}", "--min-sdk-version",
         str(min_sdk), "--v1-signing-enabled", "false", "--v2-signing-enabled", "true",
         "--v3-signing-enabled", "true", "--v4-signing-enabled", "false", str(apk)],
        {**os.environ, _PASSWORD: key.password},
    )  # fmt: skip


def verify(apk: Path) -> list[str]:
    """The schemes that the signatures of an APK hold in: v2 and v3.

    Raises:
        RoboError: one of them does not.
    """
    said = _run(["apksigner", "verify", "--verbose", "--min-sdk-version", "24", str(apk)])
    for name, title in SCHEMES.items():
        if not any(title in line and line.endswith("true") for line in said.splitlines()):
            raise RoboError(f"{apk}: has no valid signature of scheme {name}")
    return list(SCHEMES)


def _run(command: list[str], environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise RoboError(f"{command[0]} {command[1]} failed: {(done.stderr + done.stdout).strip()[-500:]}")
    return done.stdout
