"""This side of a peer's process: start it, ask it, and survive whatever becomes of it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.paths import workspace

_LINES = 3  # of what a library printed last, in a message
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class PeerFailed(RoboError):
    """A library could not do what it was asked; the message is in its own words."""


class Child:
    """A peer in a process of its own.

    Args:
        setup: the worker's first line.
        patience: seconds to wait for an answer, and for its getting ready.

    Raises:
        PeerFailed: it did not get ready.
    """

    def __init__(self, setup: dict[str, Any], *, patience: tuple[float, float] = (300.0, 1800.0)) -> None:
        self._patience = patience[0]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115, lives as long as the process
        threads = dict.fromkeys(_THREADS, str(setup["threads"]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.peers.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True, encoding="utf-8",
            cwd=workspace(), env=os.environ | threads | {"TOKENIZERS_PARALLELISM": "false"},
        )  # fmt: skip
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            self.ready = self._exchange(setup, patience[1])
        except BaseException:
            self.close()
            raise

    def ask(self, what: dict[str, Any]) -> dict[str, Any]:
        """One turn. Raises PeerFailed when there is no answer; the process may be gone then."""
        return self._exchange(what, self._patience)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")

    def _exchange(self, what: dict[str, Any], patience: float) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()
        except OSError:
            raise PeerFailed(self._end()) from None
        try:
            line = self._answers.get(timeout=patience)
        except queue.Empty:
            self.close()
            raise PeerFailed(f"no answer within {patience:.0f} s") from None
        if not line:
            raise PeerFailed(self._end())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise PeerFailed(answer["error"])
        return answer

    def _end(self) -> str:
        """How the process ended, with its last words."""
        status = self._process.wait()
        if status < 0:
            with contextlib.suppress(ValueError):
                return f"its process ended by {signal.Signals(-status).name}{self._words()}"
        return f"its process ended with status {status}{self._words()}"

    def _words(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            self._said.seek(0)
            lines = self._said.read().decode("utf-8", "replace").strip().splitlines()[-_LINES:]
            return ": " + " | ".join(line.strip() for line in lines) if lines else ""
        return ""

    def close(self) -> None:
        """End the process."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._said.close()
