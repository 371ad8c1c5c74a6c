"""The built robo-bench programs, and devices on loopback, for the tests; what is not there skips visibly."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmarks.devices.programs import BUILD
from benchmarks.devices.transport import wait_until

PROMPTS = [
    ("blink", "en", "Blink an LED on pin 2 every 500 ms"),
    ("servo", "hi", "पिन 4 पर सर्वो को 90 डिग्री घुमाओ"),
    ("sensor", "", 'Read the DHT22 on pin 15 "now" \\ and print\tit'),
    ("switch", "ja", "スイッチ押してる間だけLED点く。スイッチ16、LED19 😀"),
]


def program_here() -> Path:
    """A program of this machine: linked with the library, or static."""
    candidates = (BUILD / "here" / "robo-bench", BUILD / os.uname().machine / "robo-bench")
    for path in candidates:
        if path.is_file():
            return path
    pytest.skip(f"{candidates[0]} is not built: ./justw native, then ./justw bench-device-build --here")


def static_program(kind: str, name: str = "robo-bench") -> Path:
    """A static program of a kind of processor."""
    path = BUILD / kind / name
    if not path.is_file():
        pytest.skip(f"{path} is not built: ./justw bench-device-build --target {kind}")
    return path


def found(*programs: str) -> list[str]:
    """Paths of programs of the system."""
    paths = []
    for program in programs:
        path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if path is None:
            pytest.skip(f"{program} is not installed")
        paths.append(path)
    return paths


def write_prompts(path: Path) -> Path:
    """The prompts as JSON lines, escaped as Python's json does."""
    lines = [
        json.dumps({"id": i, "lang": lang, "prompt": p, "checks": [{"a": [1.5e3, None]}]})
        for i, lang, p in PROMPTS
    ]
    path.write_text("\n\n".join(lines) + "\n")
    return path


def run(command: Sequence[str | Path], **environment: str) -> dict[str, Any]:
    """What a program prints as JSON."""
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stderr
    parsed: dict[str, Any] = json.loads(done.stdout)
    return parsed


def refused(command: Sequence[str | Path]) -> str:
    """What a program says of a mistake."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert done.returncode == 2, done
    assert done.stdout == ""
    return done.stderr


def device_root(root: Path) -> Path:
    """A phone's files in /proc and /sys: two kinds of cores, sensors in different units, a battery, a charger."""
    cores = "".join(
        f"processor\t: {n}\nFeatures\t: fp asimd asimddp\nCPU implementer\t: 0x41\nCPU part\t: {part}\n\n"
        for n, part in enumerate(("0xd05", "0xd41"))
    )
    files = {
        "proc/cpuinfo": cores + "Hardware\t: A Chip\n",
        "proc/meminfo": "MemTotal:        3000 kB\nMemAvailable:    1000 kB\n",
        "sys/class/thermal/thermal_zone0/type": "battery\n",
        "sys/class/thermal/thermal_zone0/temp": "401\n",
        "sys/class/thermal/thermal_zone2/type": "cpu-1-0\n",
        "sys/class/thermal/thermal_zone2/temp": "38500\n",
        "sys/class/thermal/thermal_zone10/type": "off\n",
        "sys/class/thermal/thermal_zone10/temp": "-273000\n",
        "sys/class/power_supply/battery/type": "Battery\n",
        "sys/class/power_supply/battery/capacity": "81\n",
        "sys/class/power_supply/battery/temp": "312\n",
        "sys/class/power_supply/battery/status": "Discharging\n",
        "sys/class/power_supply/usb/type": "USB\n",
        "sys/devices/system/cpu/cpu1/cpufreq/cpuinfo_max_freq": "2400000\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


class Namespace:
    """A network and a list of mounts of its own, in which a real adbd is reached by a real adb."""

    def __init__(self, folder: Path) -> None:
        unshare, self._enter, adb, _ = found("unshare", "nsenter", "adb", "ip")
        adbd = (
            os.environ.get("ROBO_ADBD") or shutil.which("adbd") or "/usr/lib/android-sdk/platform-tools/adbd"
        )
        if not Path(adbd).is_file():
            pytest.skip("adbd is not installed (Debian 13 packages it; ROBO_ADBD names one)")
        self.small, self._adbd_program = folder / "small", adbd
        self.small.mkdir()
        script = f"ip link set lo up && mount -t tmpfs -o size=2m none {self.small} && echo ready && exec sleep 900"
        self._holder = subprocess.Popen(
            [unshare, "--net", "--mount", "sh", "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != "ready\n":
            self._holder.wait()
            pytest.skip("no network namespace can be made here (needs root)")
        self.adb = folder / "adb"
        settings = f"HOME={folder} ANDROID_ADB_SERVER_PORT=5137"
        self.adb.write_text(f'#!/bin/sh\nexec env {settings} {self.inside()} {adb} "$@"\n')
        self.adb.chmod(0o755)
        self.start()

    def inside(self) -> str:
        """The words that begin a command within."""
        return f"{self._enter} -t {self._holder.pid} --net --mount"

    def start(self) -> None:
        """Start the daemon and connect to it."""
        environment = {**os.environ, "ADBD_PORT": "5599"}
        self._adbd = subprocess.Popen(
            [*self.inside().split(), self._adbd_program], env=environment, stderr=subprocess.DEVNULL
        )
        self.serial = "127.0.0.1:5599"
        assert wait_until(lambda: "connected" in self._ask("connect", self.serial), 20)
        assert wait_until(lambda: f"{self.serial}\tdevice" in self._ask("devices"), 20)

    def _ask(self, *words: str) -> str:
        done = subprocess.run([str(self.adb), *words], capture_output=True, text=True)
        return "" if "failed" in done.stdout else done.stdout

    def unplug(self) -> None:
        """What the client sees of a cable that is drawn."""
        self._adbd.kill()
        self._adbd.wait()

    def close(self) -> None:
        """End all of it."""
        self._ask("kill-server")
        self.unplug()
        self._holder.kill()
        self._holder.wait()


class Board:
    """A real sshd on loopback, on a port of its own, with keys of its own."""

    def __init__(self, folder: Path) -> None:
        sshd, keygen, *_ = found("sshd", "ssh-keygen", "ssh", "scp")
        for name in ("host", "user"):
            subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd insists on it
        server = folder / "sshd_config"
        server.write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
            "StrictModes no\nUsePAM no\nPidFile none\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n"
        )
        self.config = folder / "ssh_config"
        self.config.write_text(
            f"Host board stranger\n HostName 127.0.0.1\n Port {port}\n User {getpass.getuser()}\n"
            f" UserKnownHostsFile {folder}/known\n StrictHostKeyChecking accept-new\n IdentitiesOnly yes\n"
            f"Host board\n IdentityFile {folder}/user\nHost stranger\n IdentityFile {folder}/host\n"
        )
        self._server = subprocess.Popen([sshd, "-D", "-e", "-f", str(server)], stderr=subprocess.DEVNULL)
        ask = ["ssh", "-F", str(self.config), "board", "true"]
        if not wait_until(lambda: subprocess.run(ask, stderr=subprocess.DEVNULL).returncode == 0, 20):
            self.close()
            pytest.skip("sshd cannot be started here (needs root, or a user whose shell it accepts)")

    def unplug(self) -> None:
        """End the connections that are open, and the server."""
        for child in psutil.Process(self._server.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if child.name() == "sshd":
                    child.kill()
        self.close()

    def close(self) -> None:
        """End it."""
        self._server.kill()
        self._server.wait()
