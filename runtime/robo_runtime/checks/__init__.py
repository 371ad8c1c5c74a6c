"""Statements about what a program did, written in YAML or JSON and judged over a trace.

checks = check_list([{"op": "periodic", "sig": ["pin", 2], "period": 1.0, "duty": 0.5}])
failures = evaluate(simulate(code), checks)   # [] when all hold
"""

from robo_runtime.checks.happenings import Ended, Every, Happens, Print, Running
from robo_runtime.checks.levels import Count, Hold, Periodic, Range
from robo_runtime.checks.motion import Pose
from robo_runtime.checks.parts import Angle, Display, Pixels, Tone
from robo_runtime.checks.shapes import Fade, Sequence
from robo_runtime.checks.union import AllOf, AnyOf, Check, Not, check_list, dump_checks, evaluate
from robo_runtime.checks.verify import Trial, evaluate_many

__all__ = [
    "AllOf", "Angle", "AnyOf", "Check", "Count", "Display", "Ended", "Every", "Fade", "Happens", "Hold",
    "Not",
    "Periodic", "Pixels", "Pose", "Print", "Range", "Running", "Sequence", "Tone", "Trial", "check_list",
    "dump_checks",
    "evaluate", "evaluate_many",
]  # fmt: skip
