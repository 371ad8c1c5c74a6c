"""Many programs at once: in order, and no program harms another."""

import json
from pathlib import Path

import typer
from robo_runtime.checks import Trial, check_list, evaluate_many
from robo_runtime.simulate import Job, Limits, World, simulate, simulate_many
from robo_runtime.simulate.cli import simulate as command
from typer.testing import CliRunner

BLINK = "from machine import Pin\nimport time\n\nled = Pin(2, Pin.OUT)\n\nwhile True:\n    led.toggle()\n    time.sleep({})\n"


def test_answers_come_in_the_order_of_the_jobs() -> None:
    jobs = [Job(BLINK.format(0.1 * n), None, 5.0) for n in range(1, 30)]
    assert list(simulate_many(iter(jobs), 2)) == [simulate(job.code, job.world, job.until) for job in jobs]


def test_no_jobs_no_answers() -> None:
    assert list(simulate_many([], 2)) == []


def test_a_program_that_fills_the_memory_is_lost_alone() -> None:
    grows = "l = [1]\nl.extend(iter(l))"  # in C code, without a statement
    huge = "b = bytes\nb(10**12)"
    jobs = [Job(code) for code in (BLINK.format(1), grows, huge, BLINK.format(1))]
    first, *lost, last = simulate_many(jobs, 1, limits=Limits(memory=64, cpu=2))
    assert first.error is None and first == last
    assert all(trace.error and "MemoryError" in trace.error for trace in lost)


def test_a_program_stuck_in_c_code_is_killed_alone() -> None:
    stuck = "any(map(any, map(sorted, [[0] * 40000] * 900000)))"
    jobs = [Job(stuck, None, 1e6), Job("print('next')")]
    lost, after = simulate_many(jobs, 1, limits=Limits(cpu=0.1, steps=10**9))
    assert lost.error == "stopped: killed after 1.6 s of real time"
    assert after.output == ["next"]


def test_trials_are_judged_in_the_workers() -> None:
    checks = check_list([{"op": "periodic", "sig": ["pin", 2], "period": 1.0}])
    assert list(evaluate_many([Trial(BLINK.format(s), checks, World(), 10.0) for s in (0.5, 1)], 1)) == [
        [], ["pin 2: expected a period of 1.0 s ± 5%, got 2.0 s between t=0.0 and t=8.0"],
    ]  # fmt: skip


app = typer.Typer()
app.command()(command)


def test_the_command_prints_a_timeline(tmp_path: Path) -> None:
    program = tmp_path / "main.py"
    program.write_text(BLINK.format(0.5))
    result = CliRunner().invoke(app, [str(program), "--until", "2"])
    assert result.exit_code == 0 and "pin 2" in result.output and "still running after 2 s" in result.output


def test_the_command_prints_json_and_reads_a_world(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("from machine import Pin\nprint(Pin(14, Pin.IN).value())\n")
    (tmp_path / "world.yaml").write_text("buttons: {14: 1}\n")
    result = CliRunner().invoke(
        app, [str(tmp_path / "main.py"), "--world", str(tmp_path / "world.yaml"), "--json"]
    )
    assert json.loads(result.output)["output"] == ["1"]


def test_the_command_fails_with_the_program(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("1 / 0\n")
    result = CliRunner().invoke(app, [str(tmp_path / "main.py")])
    assert result.exit_code == 1 and "line 1: ZeroDivisionError" in result.output
