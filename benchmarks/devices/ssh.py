"""A Raspberry Pi or another board, through ssh and scp."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmarks.devices.transport import DeviceError, Done, Watched, finished, marked, watch

_OPTIONS = ("BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3")
_REMEDIES = (
    ("Could not resolve hostname", "is there no such host? name it as ssh does, user@host"),
    ("Permission denied", "your key is not accepted: run ssh-copy-id, and name the user as user@host"),
    ("Host key verification failed", "its key is not known or has changed: connect once by hand with ssh"),
    ("Connection refused", "no ssh server answers there: switch it on (Raspberry Pi: sudo raspi-config), or"
     " name its port in ~/.ssh/config"),
    ("timed out", "it does not answer: is it on, and in this network?"),
    ("No route to host", "it does not answer: is it on, and in this network?"),
    ("Network is unreachable", "this machine has no network"),
)  # fmt: skip


class Ssh:
    """One board."""

    def __init__(self, host: str, *, config: Path | None = None, root: str = "") -> None:
        """Connect once.

        Args:
            host: as ssh takes it: a name, user@name, or a name of its configuration.
            config: ssh's configuration file, in place of the user's.
            root: the folder to work in; the device's folder for temporary files where empty.

        Raises:
            DeviceError: no ssh here, or the host cannot be reached; with the remedy.
        """
        for program in ("ssh", "scp"):
            if shutil.which(program) is None:
                raise DeviceError(
                    f"{program} is missing: install an OpenSSH client (apt install openssh-client)"
                )
        if host.startswith("-"):
            raise DeviceError(f"{host!r} is no name of a host")
        self.host, self.name = host, host
        self._options = [*(["-F", str(config)] if config else [])]
        for option in _OPTIONS:
            self._options += ["-o", option]
        self.root = root or self.shell('echo "${TMPDIR:-/tmp}"').out.strip()

    def shell(self, script: str, *, idle_s: float = 60, show: bool = False) -> Done:
        """See `Transport`."""
        command = f"sh -c {shlex.quote(marked(script))}"  # the user's own shell may be of another kind
        done = watch(["ssh", *self._options, self.host, command], idle_s=idle_s, show=show)
        return finished(done, lambda: self._lost(done))

    def push(self, files: Sequence[Path], folder: str) -> None:
        """See `Transport`."""
        self._copy([*map(str, files)], f"{self.host}:{folder}/", f"files could not be copied to {folder}")

    def pull(self, remote: str, local: Path) -> None:
        """See `Transport`."""
        self._copy([f"{self.host}:{remote}"], str(local), f"{remote} could not be copied back")

    def _copy(self, sources: list[str], target: str, what: str) -> None:
        done = watch(["scp", "-q", *self._options, "--", *sources, target], idle_s=600)
        if done.status == 0:
            return
        if "No space left" in done.err or done.said().endswith("Failure"):  # sftp's word for a full disk
            raise DeviceError(f"{self.name}: {what}: {done.said()}; is the disk full? free some space")
        if done.status == 255:
            raise DeviceError(self._lost(done))
        raise DeviceError(f"{self.name}: {what}: {done.said()}")

    def _lost(self, done: Watched) -> str:
        for words, remedy in _REMEDIES:
            if words in done.err:
                return f"{self.name}: {done.said()}; {remedy}"
        why = "nothing came from it any more" if done.silent else done.said()
        return f"{self.name}: the connection was lost ({why}); no result was written. Run it again"
