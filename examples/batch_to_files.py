"""Many prompts, a file each; programs that fail in the simulator are left out. Names a folder: [DIR]."""

import sys
from pathlib import Path

from robo_runtime import Generator, Job, default_model, simulate_many

PROMPTS = {
    "blink": "Blink an LED on pin 2 every 500 ms",
    "servo": "turn the servo on pin 13 to 45 degrees",
    "button": "turn on the LED on pin 4 while the button on pin 14 is pressed",
}


def main(folder: Path) -> None:
    """Write the programs, then keep those that do not fail."""
    folder.mkdir(parents=True, exist_ok=True)
    with Generator(default_model()) as generator:  # loaded once, asked many times
        programs = {name: generator.generate(prompt).code for name, prompt in PROMPTS.items()}

    # What a model wrote is not trusted: each program runs in a process with limits on time and memory.
    traces = simulate_many((Job(code, until=5) for code in programs.values()), workers=1)
    for (name, code), trace in zip(programs.items(), traces, strict=True):
        if trace.error is None:
            (folder / f"{name}.py").write_text(code, encoding="utf-8")
        print(f"{name}: {trace.error or f'{len(trace.events)} events in 5 s'}")


if __name__ == "__main__":  # needed where processes are spawned: Windows, macOS
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "programs"))
