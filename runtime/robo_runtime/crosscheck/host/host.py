# mypy: ignore-errors
# ruff: noqa: PTH123, S102, UP031
"""Runs one job on a real MicroPython: reads `/job.json`, leaves its answer in `result`.

The job holds `source` (the program with clock calls written into it), `world`, `until` in microseconds,
limits, and `functions` of the kit. The answer is JSON: events, whether and how the program ended, its output.
"""

import builtins
import io
import json
import sys

import board as boards
from board import Board, EndOfTime, Exceeded, Restart, World
from flash import File

CHARACTER_US = 87
BUFFERED = 256
_print = builtins.print


class Console:
    """What is printed and typed; a program that prints faster than the cable carries has to wait."""

    def __init__(self, board):
        self.board = board
        self.line = ""

    def write(self, piece):
        board = self.board
        self.line += piece
        sent = max(board.parts.get("sent", 0), board.now) + len(piece) * CHARACTER_US
        board.parts["sent"] = sent
        if sent - board.now > BUFFERED * CHARACTER_US:
            board.busy(sent - board.now - BUFFERED * CHARACTER_US)
        parts = self.line.split("\n")
        self.line = parts[-1]
        for one in parts[:-1]:
            board.output.append(one)
            board.emit("print", "", one)
        return len(piece)

    def print(self, *values, sep=" ", end="\n", file=None):
        text = io.StringIO()
        _print(*values, sep=sep, end=end, file=text)
        self.write(text.getvalue())

    def input(self, prompt=""):
        board = self.board
        self.write(str(prompt))
        asked = board.parts["asked"] = board.parts.get("asked", -1) + 1
        if asked < len(board.world.answers):
            self.write("\n")
            return board.world.answers[asked]
        while True:
            board.sleep(board.until)


def _run(board, job):
    """Run the program, and again after each reset; tells how it ended."""
    while True:
        console = Console(board)
        board.parts["write"], board.parts["ask"] = console.write, console.input
        board.arity = job["arity"]
        builtins.print, builtins.input = console.print, console.input
        builtins._sim_tick, builtins._sim_touch, builtins._sim_turn = board.tick, board.touch, board.turn
        import parts

        def open_(name, mode="r", **options):
            return File(board, name, mode)

        builtins.open = open_  # for modules that the program imports
        parts.install(board)
        if job["encoders"] and board.world.wheels is not None:
            board.listeners.append(__import__("sim_encoders").Encoders(board, job["encoders"]).heard)
        __import__("sim_wheels").attach(board)
        names = {
            "__name__": "__main__", "print": console.print, "input": console.input, "open": open_,
            "_sim_tick": board.tick, "_sim_touch": board.touch, "_sim_turn": board.turn,
        }  # fmt: skip
        ended, error, duration = False, None, None
        try:
            try:
                exec(job["source"], names)
                ended = True
            except SystemExit:
                ended = True
            except Exception as e:
                error = "%s: %s" % (type(e).__name__, e)
            duration = board.t
            board.live_on()
        except EndOfTime:
            if duration is None:
                duration = board.t
        except Exceeded as e:
            error, duration = "stopped: %s" % e, board.t
        except Restart as e:
            for name in list(sys.modules):
                if name.split(".")[0] in job["modules"]:  # a reset runs the firmware again
                    del sys.modules[name]
            board.restart(e)
            if board.now >= board.until:
                return False, None, board.t
            continue
        return ended, error, duration


def _texts(value):
    """Bytes do not go into JSON."""
    if isinstance(value, (bytes, bytearray)):
        return "<bytes>"
    if isinstance(value, (tuple, list)):
        return [_texts(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _texts(v) for k, v in value.items()}
    return value


def main():
    """Run `/job.json`."""
    with open("/job.json") as f:
        job = json.load(f)
    board = Board(World(job["world"]), job["until"], job["steps"], job["events"])
    board.functions = job["functions"]
    boards.use(board)
    try:
        ended, error, duration = _run(board, job)
    finally:
        builtins.print = _print
    events = [(at, kind, key, _texts(value)) for at, kind, key, value in board.events]
    return json.dumps({"events": events, "ended": ended, "error": error, "duration": duration})
