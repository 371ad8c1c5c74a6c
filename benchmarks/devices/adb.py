"""A phone, through Android's debug bridge."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.devices.result import Android, Battery, Heat
from benchmarks.devices.transport import DeviceError, Done, Watched, finished, marked, watch

_REMEDIES = {
    "unauthorized": "unlock the phone and allow USB debugging for this computer, then run it again",
    "authorizing": "unlock the phone and allow USB debugging for this computer, then run it again",
    "offline": "the phone does not answer: plug it in again, or run: adb reconnect offline",
    "no permissions": "this user may not open the USB device: install the udev rules (Debian and Ubuntu: apt"
    " install android-sdk-platform-tools-common), or run: adb kill-server, and start it as an administrator",
    "recovery": "the phone is in its recovery system: restart it",
    "sideload": "the phone is in its recovery system: restart it",
    "bootloader": "the phone is in its boot loader: restart it",
}  # fmt: skip


class Adb:
    """One phone."""

    def __init__(self, serial: str | None = None, program: str = "adb") -> None:
        """Find the phone.

        Args:
            serial: which one, as `adb devices` lists it; None where only one is connected.

        Raises:
            DeviceError: no adb, no phone, several without a serial, or one that cannot be used yet.
        """
        if shutil.which(program) is None:
            raise DeviceError(
                "adb is missing: install its platform tools (Debian and Ubuntu: apt install adb;"
                " macOS: brew install android-platform-tools), or use ssh: ./justw bench-ssh HOST"
            )
        self._program = program
        self.serial = chosen(self._devices(), serial)
        self.name = f"the device {self.serial}"
        self.root = "/data/local/tmp"

    def _devices(self) -> dict[str, str]:
        done = watch([self._program, "devices"], idle_s=30)
        if done.status:
            raise DeviceError(f"adb devices failed: {done.said()}; try: adb kill-server")
        return listed(done.out)

    def _adb(self, *arguments: str, idle_s: float, show: bool = False) -> Watched:
        return watch([self._program, "-s", self.serial, *arguments], idle_s=idle_s, show=show)

    def shell(self, script: str, *, idle_s: float = 60, show: bool = False) -> Done:
        """See `Transport`."""
        done = self._adb("shell", marked(script), idle_s=idle_s, show=show)
        return finished(done, lambda: self._lost(done))

    def push(self, files: Sequence[Path], folder: str) -> None:
        """See `Transport`."""
        for file in files:
            done = self._adb("push", str(file), f"{folder}/", idle_s=600)
            if done.status:
                raise DeviceError(self._failed(f"{file.name} could not be copied to {folder}", done))

    def pull(self, remote: str, local: Path) -> None:
        """See `Transport`."""
        done = self._adb("pull", remote, str(local), idle_s=600)
        if done.status:
            raise DeviceError(self._failed(f"{remote} could not be copied back", done))

    def _failed(self, what: str, done: Watched) -> str:
        text = done.out + done.err
        if "No space left" in text:
            return f"{self.name}: {what}: no space is left on it; free some and run it again"
        if not self._there():
            return self._lost(done)
        return f"{self.name}: {what}: {done.said()}"

    def _lost(self, done: Watched) -> str:
        why = "nothing came from it any more" if done.silent else done.said()
        state = "it answers again" if self._there() else "it is not there any more"
        return (
            f"{self.name}: the connection was lost ({why}; {state}); no result was written."
            " Use another cable or port, keep the screen on, and run it again"
        )

    def _there(self) -> bool:
        try:
            return self._devices().get(self.serial) == "device"
        except (DeviceError, subprocess.SubprocessError):
            return False

    def android(self) -> Android:
        """What Android tells of itself; empty where it is no Android (adbd on a computer)."""
        names = ("ro.product.manufacturer", "ro.product.model", "ro.build.version.release", "ro.soc.model")
        script = "command -v getprop >/dev/null || exit 0; " + "; ".join(f"getprop {name}" for name in names)
        lines = [line.strip() for line in self.shell(script).out.splitlines()]
        lines += [""] * (len(names) - len(lines))
        return Android(maker=lines[0], model=lines[1], release=lines[2], soc=lines[3])

    def battery(self) -> Battery | None:
        """The battery as Android's own service tells it: shells may often not read /sys."""
        return parse_battery(self.shell("dumpsys battery 2>/dev/null || true").out)


def listed(output: str) -> dict[str, str]:
    """Serial numbers and states of `adb devices`."""
    found = {}
    for line in output.splitlines():
        serial, tab, state = line.partition("\t")
        if tab and serial.strip():
            found[serial.strip()] = state.strip()
    return found


def chosen(devices: dict[str, str], serial: str | None) -> str:
    """The device to use.

    Raises:
        DeviceError: none, several, another one, or one that cannot be used yet; with the remedy.
    """
    if serial is None:
        if not devices:
            raise DeviceError(
                "no device is connected: switch on USB debugging in the phone's developer options, plug it in"
                " and run it again; adb devices lists what is there"
            )
        if len(devices) > 1:
            names = ", ".join(f"{name} ({state})" for name, state in devices.items())
            raise DeviceError(f"{len(devices)} devices are connected: {names}; choose one with --serial")
        (serial,) = devices
    if serial not in devices:
        known = ", ".join(devices) or "none"
        raise DeviceError(f"no device {serial} is connected; there are: {known}")
    state = devices[serial]
    if state != "device":
        remedy = next((text for key, text in _REMEDIES.items() if state.startswith(key)), "plug it in again")
        raise DeviceError(f"the device {serial} cannot be used, its state is {state!r}: {remedy}")
    return serial


def parse_battery(output: str) -> Battery | None:
    """`dumpsys battery`: level in percent, temperature in tenths of a degree, voltage in thousandths."""

    def number(key: str) -> float | None:
        found = re.search(rf"^\s*{key}: (-?\d+)\s*$", output, re.M)
        return float(found[1]) if found else None

    level, heat, volts, status = (number(key) for key in ("level", "temperature", "voltage", "status"))
    if level is None:
        return None
    names = {2: "Charging", 3: "Discharging", 4: "Not charging", 5: "Full"}
    return Battery(
        name="dumpsys", status=names.get(int(status or 0), "Unknown"), percent=level,
        celsius=None if heat is None else heat / 10, volts=None if volts is None else volts / 1000,
    )  # fmt: skip


def with_battery(heat: Heat, battery: Battery | None) -> Heat:
    """The heat, with Android's word where the program could read no battery."""
    return heat if heat.batteries or battery is None else heat.model_copy(update={"batteries": [battery]})
