"""A run of robo-bench in the one file format of speed results (benchmarks/matrix/schema.py)."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from robo_train.provenance import git_commit

from benchmarks.devices.parts import cpu_of
from benchmarks.devices.result import Android, DeviceResult, Summary
from benchmarks.matrix import machine as machines
from benchmarks.matrix.devices import Facts, named, read_devices, tier_of
from benchmarks.matrix.noise import MOST
from benchmarks.matrix.schema import Cell, Load, Machine, Metric, Model, Results, cell_id, metric
from benchmarks.matrix.store import model_name

ENGINE = "robo-native"
"""The native core over llama.cpp, as it is within the apps."""


def to_results(found: DeviceResult, android: Android, tier: str | None = None) -> Results:
    """The run as a result file of one cell.

    Args:
        tier: a name of configs/devices; found by cores, memory and name where None.

    Raises:
        RoboError: an unknown tier.
    """
    machine = machine_of(found, android)
    devices = read_devices()
    facts = Facts(
        cores=machine.cores, memory_mb=machine.memory_bytes // 1_000_000, battery=machine.battery,
        phone=bool(android), device_tree=found.device.model,
    )  # fmt: skip
    git = git_commit()
    noise = noise_of(found)
    loads = [load if load >= 0 else None for load in found.load_average]
    return Results(
        what="device",
        created=found.created,
        command=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        commit=git["commit"],
        dirty=git["dirty"],
        machine=machine,
        versions={"robo-bench": found.program.version, "llama.cpp": found.program.llama},
        device_tier=(named(tier, devices) if tier else tier_of(facts, devices)).name,
        load=Load(before=loads[0], after=loads[-1]),
        noisy=bool(noise),
        cells=[cell_of(found, noise)],
    )


def machine_of(found: DeviceResult, android: Android) -> Machine:
    """The device in the terms of the schema."""
    device = found.device
    cpu = cpu_of(device.parts) or device.cpu or device.arch
    words = {*device.features.split()}
    name = f"{android.maker} {android.model}".strip() or device.model
    return Machine(
        name=name,
        cpu=f"{android.soc}: {cpu}" if android.soc else cpu,
        arch=device.arch,
        cores=device.cores,
        memory_bytes=device.memory_bytes,
        os=f"Android {android.release}, {device.kernel}" if android else device.kernel,
        battery=bool(android) or bool(found.heat_before.batteries),
        features=[feature for feature in machines.FEATURES if feature in words],
    )


def noise_of(found: DeviceResult) -> str:
    """Why the figures are noisy; empty where they are not."""
    if found.other_cores is not None and found.other_cores > MOST:
        return f"other programs used {found.other_cores:.1f} cores meanwhile; close them and measure again"
    return ""


def cell_of(found: DeviceResult, noise: str) -> Cell:
    """What was measured."""
    tier, precision = model_name(found.model.file)
    settings = found.settings
    constrained = "constrained" if settings.constrained else "unconstrained"
    more = [f"cpus-{settings.cpus}"] if settings.cpus else []
    id = cell_id(tier, "gguf", precision, ENGINE, settings.threads, constrained, *more)  # type: ignore[arg-type]
    metrics = metrics_of(found)
    common = {
        "id": id, "tier": tier, "format": "gguf", "precision": precision, "engine": ENGINE,
        "threads": settings.threads, "constrained": constrained,
        "model": Model(file=found.model.file, bytes=found.model.bytes, sha256=found.model.sha256),
        "settings": {
            "variant": found.program.variant, "protocols": ",".join(settings.protocols),
            "mapped": settings.mapped, "affinity": settings.cpus or "any", "runs": settings.runs,
            "prompts": len(found.answers), "prompts_sha256": found.prompts.sha256,
            "answers_sha256": found.answers_sha256(), "cool_down_s": sum(found.waited_s),
            "check": "grammar and scope; finished programs are not checked again",
        },
        "metrics": metrics,
    }  # fmt: skip
    if len(metrics) == 1:
        return Cell(**common, status="failed", reason="no prompt was answered; see the raw result")  # type: ignore[arg-type]
    return Cell(**common, status="noisy" if noise else "measured", reason=noise)  # type: ignore[arg-type]


def metrics_of(found: DeviceResult) -> dict[str, Metric]:
    """Every series that was measured, by the schema's names."""
    series: dict[str, Summary] = {}
    if found.cold:
        series["load_cold_s"] = found.cold.load_s
    if found.warm:
        series |= {
            "load_warm_s": found.warm.load_s, "first_token_s": found.warm.first_token_s,
            "prefill_tokens_per_s": found.warm.prefill_tokens_per_s,
            "decode_tokens_per_s": found.warm.decode_tokens_per_s, "program_s": found.warm.program_s,
            "tokens_100_s": found.warm.tokens_100_s, "cpu_s": found.warm.cpu_s,
        }  # fmt: skip
    metrics = {name: metric(name, summary.values) for name, summary in series.items() if summary.n}
    if (
        found.warm and found.warm.token_s.n
    ):  # the schema's token_s is between tokens, which the core does not tell
        metrics["program_token_s"] = Metric.of(found.warm.token_s.values, "s", "lower")
    if found.cold and found.cold.program_s.n:
        metrics["program_cold_s"] = Metric.of(found.cold.program_s.values, "s", "lower")
    if found.sustained:
        rates = [step.decode_tokens_per_s for step in found.sustained]
        metrics["sustained_tokens_per_s"] = metric("sustained_tokens_per_s", rates)
        heat = [step.celsius for step in found.sustained if step.celsius is not None]
        if heat:
            metrics["sustained_celsius"] = Metric.of(heat, "degrees Celsius", "neither")
    metrics["peak_rss_bytes"] = metric("peak_rss_bytes", [found.memory.peak_rss_bytes])
    return metrics
