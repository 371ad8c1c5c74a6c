"""Names of ARM processors, which Linux tells as numbers of maker and part (see util-linux's lscpu-arm.c)."""

from __future__ import annotations

from collections import Counter

from benchmarks.devices.result import Part

ARM, QUALCOMM, SAMSUNG, APPLE = "0x41", "0x51", "0x53", "0x61"
_NAMES = {
    (ARM, "0xd03"): "Cortex-A53", (ARM, "0xd04"): "Cortex-A35", (ARM, "0xd05"): "Cortex-A55",
    (ARM, "0xd07"): "Cortex-A57", (ARM, "0xd08"): "Cortex-A72", (ARM, "0xd09"): "Cortex-A73",
    (ARM, "0xd0a"): "Cortex-A75", (ARM, "0xd0b"): "Cortex-A76", (ARM, "0xd0c"): "Neoverse-N1",
    (ARM, "0xd0d"): "Cortex-A77", (ARM, "0xd40"): "Neoverse-V1", (ARM, "0xd41"): "Cortex-A78",
    (ARM, "0xd44"): "Cortex-X1", (ARM, "0xd46"): "Cortex-A510", (ARM, "0xd47"): "Cortex-A710",
    (ARM, "0xd48"): "Cortex-X2", (ARM, "0xd49"): "Neoverse-N2", (ARM, "0xd4b"): "Cortex-A78C",
    (ARM, "0xd4d"): "Cortex-A715", (ARM, "0xd4e"): "Cortex-X3", (ARM, "0xd4f"): "Neoverse-V2",
    (ARM, "0xd80"): "Cortex-A520", (ARM, "0xd81"): "Cortex-A720", (ARM, "0xd82"): "Cortex-X4",
    (ARM, "0xd85"): "Cortex-X925", (ARM, "0xd87"): "Cortex-A725",
    (QUALCOMM, "0x001"): "Oryon", (QUALCOMM, "0x800"): "Kryo 260 Gold",
    (QUALCOMM, "0x801"): "Kryo 260 Silver",
    (QUALCOMM, "0x802"): "Kryo 385 Gold", (QUALCOMM, "0x803"): "Kryo 385 Silver",
    (QUALCOMM, "0x804"): "Kryo 485 Gold", (QUALCOMM, "0x805"): "Kryo 4xx Silver",
}  # fmt: skip


def cpu_of(parts: list[Part]) -> str:
    """The cores by kind, the fastest first: "4x Cortex-A78 + 4x Cortex-A55"; empty without parts."""
    speed: dict[str, float] = {}
    count: Counter[str] = Counter()
    for part in parts:
        name = _NAMES.get((part.implementer, part.part), f"part {part.part} of maker {part.implementer}")
        count[name] += 1
        speed[name] = max(speed.get(name, 0), part.max_hz)
    kinds = sorted(count, key=lambda name: (-speed[name], name))
    return " + ".join(f"{count[name]}x {name}" for name in kinds)
