"""Write a program: python examples/generate.py ["what it should do"]."""

import sys

from robo_runtime import Generator, default_model

prompt = sys.argv[1] if len(sys.argv) > 1 else "Blink an LED on pin 2 every 500 ms"

with Generator(default_model()) as generator:
    result = generator.generate(prompt)

print(result.code)
for problem in result.problems:  # none in a program that the grammar and the check agree on
    print(f"line {problem.line}: {problem.message} {problem.fix}", file=sys.stderr)
print(f"{result.timings.tokens} tokens in {result.timings.decode:.2f} s", file=sys.stderr)
