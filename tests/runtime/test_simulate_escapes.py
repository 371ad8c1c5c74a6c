"""No program reaches the host: not its files, network, processes, objects, nor all of its time and memory."""

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from robo_runtime.simulate import Job, Limits, simulate, simulate_many

from tests.runtime.escapes import FLOODS

ROOT = Path(__file__).resolve().parents[2]
LIMITS = Limits(steps=200_000, events=20_000, cpu=1.0, memory=128)

WATCHER = dedent("""
    import json, sys
    sys.path.insert(0, sys.argv[1])
    from robo_runtime.simulate import Limits, simulate
    from robo_runtime.registry import load_registry
    from tests.runtime.escapes import ESCAPES
    registry = load_registry()
    limits = Limits(steps=20_000, events=5_000, cpu=2.0)
    for code in ESCAPES.values():  # all of the simulator's own modules are loaded now
        simulate(code, until=0.5, limits=limits, registry=registry)
    WATCHED = ("open", "os.", "socket.", "subprocess.", "ctypes.", "shutil.", "import", "pty.", "urllib.",
               "builtins.", "code.__new__", "sys._getframe", "signal.", "tempfile.", "pathlib.", "gc.")
    current, seen = [""], []
    def hook(event, arguments):
        if current[0] and event.startswith(WATCHED):
            seen.append((current[0], event, repr(arguments)[:200]))
    sys.addaudithook(hook)
    printed = []
    for name, code in ESCAPES.items():
        current[0] = name
        trace = simulate(code, until=0.5, limits=limits, registry=registry)
        current[0] = ""
        printed += [name for line in trace.output if "ESCAPED" in line]
    json.dump({"tried": len(ESCAPES), "seen": seen, "printed": printed}, sys.stdout)
""")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """All attempts, in a process whose audit hook tells of files, sockets, processes and imports."""
    folder = tmp_path_factory.mktemp("escapes")
    done = subprocess.run(
        [sys.executable, "-c", WATCHER, str(ROOT)], capture_output=True, text=True, cwd=folder, check=True
    )
    assert list(folder.iterdir()) == []
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_nothing_of_the_host_is_touched(watched: dict[str, list[str]]) -> None:
    assert watched["tried"] >= 150  # type: ignore[operator]
    assert watched["seen"] == []


def test_no_attempt_believes_it_is_out(watched: dict[str, list[str]]) -> None:
    assert watched["printed"] == []


def test_the_watcher_sees_an_escape() -> None:
    """The hook is not blind: what a program would do, done by hand, is seen."""
    code = WATCHER.replace("current[0] = name", "current[0] = name; open('/dev/null').close()")
    done = subprocess.run([sys.executable, "-c", code, str(ROOT)], capture_output=True, text=True, check=True)
    assert len(json.loads(done.stdout)["seen"]) >= 150


@pytest.fixture(scope="module")
def flooded() -> dict[str, str]:
    """How each flood ended, in one worker with little memory."""
    jobs = [Job(code, until=3.0) for code in FLOODS.values()]
    traces = simulate_many(jobs, 1, limits=LIMITS)
    return dict(zip(FLOODS, (f"{t.error} {t.ended} {t.duration}" for t in traces), strict=True))


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_ends(name: str, flooded: dict[str, str]) -> None:
    """With an error, or after the observed time; the worker is never lost to the system's own limits."""
    assert "brought its process down" not in flooded[name]
    assert "killed" not in flooded[name]


def test_after_all_floods_a_good_program_runs() -> None:
    traces = list(
        simulate_many([*(Job(c, until=1.0) for c in FLOODS.values()), Job("print(1)")], 2, limits=LIMITS)
    )
    assert traces[-1].output == ["1"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300))
def test_any_bytes_give_a_trace(data: bytes) -> None:
    for text in (
        data.decode("latin-1"),
        data.decode("utf-8", "replace"),
        data.decode("utf-8", "surrogateescape"),
    ):
        trace = simulate(text, until=0.1, limits=LIMITS)
        assert trace.error is not None or trace.ended or trace.duration == 0.1


NAMES = st.sampled_from(
    ["__class__", "__globals__", "_board", "mro", "x", "format", "__dict__", "gi_frame", "real"]
)
THINGS = st.sampled_from(
    ["()", "''", "print", "open", "Pin", "Pin(2)", "time", "lambda: 0", "type(1)", "getattr", "[].append"]
)
STEPS = st.lists(
    st.one_of(
        NAMES.map(lambda n: f".{n}"),
        NAMES.map(lambda n: f"[{n!r}]"),
        st.just("()"),
        st.just("[0]"),
    ),
    max_size=5,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(THINGS, STEPS, st.lists(NAMES, max_size=2))
def test_no_walk_over_attributes_reaches_a_class_or_a_frame(
    thing: str, steps: list[str], through: list[str]
) -> None:
    walk = f"({thing})" + "".join(steps)
    for name in through:
        walk = f"getattr({walk}, {name!r})"
    code = f"from machine import Pin\nimport time\nfound = {walk}\nprint(found)"
    trace = simulate(code, until=0.1, limits=LIMITS)
    out = " ".join(trace.output)
    assert not any(
        word in out for word in ("__main__", "robo_runtime", "<frame", "<code", "{'__", "mappingproxy")
    )


def test_a_worker_writes_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (trace,) = simulate_many(
        [Job("f = open('mine.txt', 'w')\nf.write('x')\nf.close()\nprint(open('mine.txt').read())")], 1
    )
    assert trace.output == ["x"] and os.listdir(tmp_path) == []  # noqa: PTH208
