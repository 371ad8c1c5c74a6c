#!/usr/bin/env python3
"""Write `RoboLanguages.kt` and `RoboBoards.kt`: languages, boards and parts as the configuration has them.

    .venv/bin/python mobile/android/generate.py

What an app lets people choose from is data, which tests/android compares with the configuration.
"""

from __future__ import annotations

import json
from pathlib import Path

from robo_runtime.cache import configured_registry
from robo_runtime.files import write_text
from robo_runtime.languages import languages

KOTLIN = Path(__file__).resolve().parent / "robolm" / "src" / "main" / "kotlin" / "io" / "robolm"
_HEAD = "// Written by mobile/android/generate.py; change configs/ and run it again.\npackage io.robolm\n\n"


def quoted(text: str) -> str:
    """A Kotlin string."""
    return json.dumps(text, ensure_ascii=False).replace("$", "\\$")


def languages_file() -> str:
    """The content of `RoboLanguages.kt`."""
    rows = "".join(
        f"        RoboLanguage({quoted(each.code)}, {quoted(each.name)}, {quoted(each.native)}, "
        f"{str(each.direction == 'rtl').lower()}),\n"
        for each in languages().values()
    )
    return (
        f"{_HEAD}/**\n * A language that prompts may be written in.\n *\n"
        " * @property code BCP 47, for [RoboRequest.language].\n"
        " * @property name in English; [native] as its speakers write it.\n"
        " * @property rightToLeft how it is laid out.\n */\n"
        "data class RoboLanguage(\n    val code: String, val name: String, val native: String,"
        " val rightToLeft: Boolean,\n)\n\n"
        "/** The languages that models know. */\nobject RoboLanguages {\n"
        f"    val all: List<RoboLanguage> = listOf(\n{rows}    )\n\n"
        "    /** The one called [code]; null where there is none. */\n"
        "    fun of(code: String): RoboLanguage? = all.firstOrNull { it.code == code }\n}\n"
    )


def boards_file() -> str:
    """The content of `RoboBoards.kt`."""
    registry = configured_registry()
    boards = "".join(
        f"        RoboBoard({quoted(each.name)}, {quoted(each.title)}, {each.led or 'null'}, "
        f"listOf({', '.join(map(str, each.pins))})),\n"
        for each in registry.boards.values()
    )
    board_parts = {each.title.split()[0].split("-")[0] for each in registry.boards.values()}
    parts = sorted({part for f in registry.functions.values() for part in f.hardware_required} - board_parts)
    names = "".join(f"        {quoted(part)},\n" for part in parts)
    return (
        f"{_HEAD}/**\n * A board that programs are written for.\n *\n"
        " * @property name of its data file: `esp32` is `esp32.robo`.\n"
        " * @property led the pin of its own LED; null where there is none.\n"
        " * @property pins those that programs may use.\n */\n"
        "data class RoboBoard(val name: String, val title: String, val led: Int?, val pins: List<Int>)\n\n"
        "/** Boards, and parts of the kit to name in [RoboRequest.hardware]. */\nobject RoboBoards {\n"
        f"    val all: List<RoboBoard> = listOf(\n{boards}    )\n\n"
        f"    val parts: List<String> = listOf(\n{names}    )\n}}\n"
    )


FILES = {"RoboLanguages.kt": languages_file, "RoboBoards.kt": boards_file}


def main() -> None:
    """Write both."""
    for name, content in FILES.items():
        write_text(KOTLIN / name, content())


if __name__ == "__main__":
    main()
