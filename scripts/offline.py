#!/usr/bin/env python3
"""Run a command whose Python processes may not use the network: any try ends it with an error.

    scripts/offline.py .venv/bin/robo generate "blink the LED"

RoboLM sends nothing anywhere; `just smoke` runs the main job under this, so that it stays so.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

GUARD = """
import os, socket

def deny(*args, **kwargs):
    os.write(2, b"error: a network connection was tried\\n")
    os._exit(99)

def guarded(method):
    def call(self, *args, **kwargs):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            deny()
        return method(self, *args, **kwargs)
    return call

for name in ("connect", "connect_ex", "sendto", "bind"):
    setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
socket.getaddrinfo = socket.gethostbyname = socket.create_connection = deny
"""


def main() -> int:
    if len(sys.argv) < 2:
        sys.stderr.write((__doc__ or "") + "\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sitecustomize.py").write_text(GUARD)
        path = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH", "")]))
        return subprocess.call(sys.argv[1:], env=os.environ | {"PYTHONPATH": path})


if __name__ == "__main__":
    sys.exit(main())
