"""Answers judged: a program by its run, a refusal by whether it had to refuse."""

import pytest
from robo_runtime.checks.tasks import Task, judge_answers, observed, read_tasks
from robo_runtime.errors import RoboError
from robo_runtime.paths import workspace

ON = "from machine import Pin\n\nPin(4, Pin.OUT).on()"
SORRY = "# Sorry: this kit has no camera."
LIGHT = {
    "prompt": "light on pin 4",
    "code": ON,
    "checks": [{"op": "hold", "sig": ["pin", 4], "eq": 1, "to": 2}],
}
CAMERA = {"prompt": "take a photo", "code": SORRY, "checks": [{"op": "ended", "max": 1}]}


@pytest.mark.parametrize(
    ("task", "answer", "why"),
    [
        (LIGHT, ON, ()),
        (LIGHT, ON.replace("4", "5"), ("pin 4",)),
        (LIGHT, ON + "\n1 / 0", ("ZeroDivisionError",)),
        (LIGHT, SORRY, ("it refuses, though the task can be done",)),
        (LIGHT, "\n", ("no program",)),
        (CAMERA, "# I cannot do that.", ()),
        (CAMERA, "print(1)", ("it should refuse and say why in a comment",)),
    ],
)  # fmt: skip
def test_an_answer_passes_or_says_why_not(task, answer, why):
    (found,) = judge_answers([Task.model_validate(task)], [answer], workers=1)
    assert len(found) == len(why)
    assert all(part in sentence for part, sentence in zip(why, found, strict=True))


def test_the_programs_of_the_held_out_prompts_pass():
    tasks = read_tasks(workspace() / "data" / "eval" / "fresh_en.jsonl")[::20]
    assert len(tasks) == 10
    assert set(judge_answers(tasks, [task.code for task in tasks], workers=1)) == {()}


def test_a_line_that_is_no_task_is_named(tmp_path):
    path = tmp_path / "tasks.jsonl"
    path.write_text('{"prompt": "x", "code": "y", "checks": []}\n{"prompt": "x"}\n')
    with pytest.raises(RoboError, match=r"tasks\.jsonl, line 2: .*code"):
        read_tasks(path)
    path.write_text("{\n")
    with pytest.raises(RoboError, match="line 1: not JSON"):
        read_tasks(path)
    with pytest.raises(RoboError, match="cannot be read"):
        read_tasks(tmp_path / "none.jsonl")


def test_checks_within_checks_are_waited_for():
    assert observed([{"op": "any", "checks": [{"to": 2}, {"op": "not", "check": {"to": 7}}]}]) == 7
    assert observed([]) == 1
