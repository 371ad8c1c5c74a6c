"""Running programs on a real MicroPython: the WebAssembly build, in Node.js."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from robo_runtime.crosscheck.convert import kit_file, library
from robo_runtime.crosscheck.instrument import arities, instrument
from robo_runtime.errors import RoboError
from robo_runtime.npm import Package
from robo_runtime.registry import Registry, load_registry
from robo_runtime.simulate.kit import nothing
from robo_runtime.simulate.limits import Limits
from robo_runtime.simulate.trace import Event, Trace
from robo_runtime.simulate.world import World

PACKAGE = Package(
    name="@micropython/micropython-webassembly-pyscript", version="1.27.0", file="micropython.mjs",
    folder="micropython", variable="ROBO_MICROPYTHON", command="robo crosscheck --install",
)  # fmt: skip
_RUNNER = Path(__file__).resolve().parent / "host" / "run.mjs"


class Program(NamedTuple):
    """One program to cross-check, with the world it runs in."""

    name: str
    code: str
    world: World = World()
    until: float = 10.0


def interpreter() -> Path:
    """`micropython.mjs`: `$ROBO_MICROPYTHON`, else a `node_modules` here or above, else the cache.

    Raises:
        RoboError: Node.js or the package is missing; says how to get it.
    """
    return PACKAGE.find()


def install() -> Path:
    """Fetch the interpreter with npm into the cache folder."""
    return PACKAGE.install()


def run_real(
    programs: Iterable[Program], *, limits: Limits | None = None, registry: Registry | None = None,
    libraries: Iterable[Path] = (), wiring: Mapping[str, Any] | None = None,
) -> Iterator[Trace]:  # fmt: skip
    """The trace of each program on a real MicroPython, in their order.

    Args:
        libraries: folders whose `.py` files take the place of the host's, such as a firmware with its own
            `robokit`; it runs on the same virtual board.
        wiring: the settings of a firmware's `board.py`; with them the wheels turn its encoders.

    Raises:
        RoboError: the interpreter is missing or dies.
    """
    mjs = interpreter()
    limits, registry = limits or Limits(), registry or load_registry()
    files = {**library(), **kit_file(registry.module)}
    given: dict[str, str] = {}
    for library_folder in libraries:
        given.update(_firmware(library_folder))
    files.update(given)
    theirs = sorted({name.split("/")[2].removesuffix(".py") for name in given})
    if f"/host/{registry.module}/__init__.py" in files:
        del files[f"/host/{registry.module}.py"]
    functions = _functions(registry)
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "library.json"
        listed.write_text(json.dumps(files), encoding="utf-8")
        asked = ["node", str(_RUNNER), str(mjs), str(listed)]
        with subprocess.Popen(
            asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                for program in programs:
                    job = {
                        **_job(program, limits, registry.module, functions),
                        "modules": theirs,
                        "encoders": _encoders(wiring),
                    }
                    process.stdin.write(json.dumps(job) + "\n")
                    process.stdin.flush()
                    line = process.stdout.readline()
                    if not line:
                        raise RoboError(f"{program.name}: Node.js stopped; run it alone to see why")
                    yield _trace(json.loads(line), program)
            finally:
                process.stdin.close()
                process.kill()


def _encoders(wiring: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What `simulate.encoders` reads of a firmware's settings."""
    if wiring is None:
        return None
    return {"PINS": {"encoder": wiring["PINS"]["encoder"]}, "CM_PER_EDGE": wiring["CM_PER_EDGE"]}


def _firmware(folder: Path) -> dict[str, str]:
    found = {f"/host/{p.relative_to(folder).as_posix()}": p for p in sorted(folder.rglob("*.py"))}
    if not found:
        raise RoboError(f"{folder}: no .py files; give the folder that holds the modules, e.g. robokit/")
    return {name: instrument(file.read_text(encoding="utf-8")) for name, file in found.items()}


def _functions(registry: Registry) -> dict[str, Any]:
    return {
        name: {
            "order": list(f.parameters),
            "defaults": {k: p.default for k, p in f.parameters.items() if not p.required},
            "answers": f.returns.type != "None",
            "nothing": nothing(f),
        }
        for name, f in registry.functions.items()
    }


def _job(program: Program, limits: Limits, module: str, functions: dict[str, Any]) -> dict[str, Any]:
    return {
        "source": instrument(program.code),
        "arity": arities(program.code),
        "world": program.world.model_dump(mode="json"),
        "until": round(program.until * 1e6),
        "steps": limits.steps,
        "events": limits.events,
        "functions": functions if module in program.code else {},
    }


def _trace(answer: dict[str, Any], program: Program) -> Trace:
    if "crash" in answer:
        return Trace(error=f"MicroPython: {answer['crash'].strip()}", until=program.until)
    events = [Event(at / 1e6, kind, key, value) for at, kind, key, value in answer["events"]]
    output = [e.value for e in events if e.kind == "print"]
    return Trace(
        events=events, output=output, until=program.until,
        ended=answer["ended"], error=answer["error"], duration=answer["duration"] or 0.0,
    )  # fmt: skip
