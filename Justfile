# One recipe per thing a user does. `./justw RECIPE` runs it, `./justw --list` lists them.
# Each recipe makes the part of the environment it needs; nothing happens when it is there already.

set windows-shell := ["powershell.exe", "-NoLogo", "-Command"]
export PYTHONUTF8 := "1"
bin := justfile_directory() / ".venv" / if os_family() == "windows" { "Scripts" } else { "bin" }
python := if os_family() == "windows" { "python" } else { "python3" }

# list the recipes
default:
    @just --list

# build the corpus and tokenizer where needed, then train a tier: nano, tiny, small, medium
train TIER="nano" *ARGS: (_env "train")
    {{bin}}/robo-train run {{TIER}} {{ARGS}}

# what a run would cost before it runs: tokens, operations, time, memory
plan TIER="nano" *ARGS: (_env "train")
    {{bin}}/robo-train plan {{TIER}} {{ARGS}}

# is this machine ready? a line and a remedy for each thing that training and running need
doctor *ARGS: (_env "train")
    {{bin}}/robo-train doctor {{ARGS}}

# write the newest checkpoint (or a tier's) as gguf, onnx, litert, coreml or all of them, each with its manifest
export FORMAT="gguf" *ARGS: (_env if FORMAT =~ '^(onnx|litert|tflite|coreml|all)$' { FORMAT } else { "train" })
    {{bin}}/robo-convert {{FORMAT}} {{ARGS}}

# build the corpus without training
data TIER="nano" *ARGS: (_env "train")
    {{bin}}/robo-train data build {{TIER}} {{ARGS}}

# write a program: just generate "blink the LED on pin 2"
[positional-arguments]
generate *ARGS: (_env "run")
    @{{bin}}/robo generate "$@"

# serve a model over HTTP as OpenAI's API does: just serve --port 8080
serve *ARGS: (_env "serve")
    @{{bin}}/robo serve {{ARGS}}

# ask for one program after another; /help lists what can be done with them
chat *ARGS: (_env "run")
    @{{bin}}/robo chat {{ARGS}}

# run the model's programs in the simulator: pass@1 by split, beside the retrieval baseline; JSON and a report
evaluate *ARGS: (_env "test")
    {{bin}}/python -m benchmarks.quality {{ARGS}}

# measure every export on this machine: load, first token, tokens/s, programs, memory; --quick takes seconds
bench *ARGS: (_env "test")
    {{bin}}/python -m benchmarks.matrix {{ARGS}}

# what is slower than in a stored result (a file, or a git revision); fails on a regression
bench-compare *ARGS: (_env "test")
    {{bin}}/python -m benchmarks.matrix.compare {{ARGS}}

# the libraries that others use beside our runtime: same weights, same prompts, turn by turn
bench-peers *ARGS: (_env "bench")
    {{bin}}/python -m benchmarks.peers {{ARGS}}

# one page of all results, for phone and desktop, without network, and pictures for documents
report *ARGS: (_env "test")
    {{bin}}/python -m benchmarks.report {{ARGS}}

# how fast would it be on a phone? random models measured here, a fit that is checked, published bandwidths
predict *ARGS: (_env "test")
    {{bin}}/python -m benchmarks.predict {{ARGS}}

# build the native core for phones and its C API into mobile/native/build
native *ARGS:
    {{python}} scripts/native.py {{ARGS}}

# build the benchmark program for phones and boards, static, for aarch64 and x86_64; --here: for this machine
bench-device-build *ARGS: (_env "zig")
    {{bin}}/python scripts/native_bench.py {{ARGS}}

# measure an Android phone through adb: just bench-phone --serial S
bench-phone *ARGS: (_env "test")
    @{{bin}}/python -m benchmarks.devices phone {{ARGS}}

# measure a Raspberry Pi or another 64-bit board through ssh: just bench-ssh pi@raspberrypi.local
bench-ssh HOST *ARGS: (_env "test")
    @{{bin}}/python -m benchmarks.devices ssh {{HOST}} {{ARGS}}

# compile the Android library for this computer's JVM, and run its tests
android *ARGS: (_env "test")
    {{python}} scripts/android.py {{ARGS}}
    {{bin}}/python -m pytest -q tests/android

# build the Swift package over the native core on Linux and run its tests; --root FOLDER: with a Swift of its own
ios *ARGS: (_env "test")
    {{bin}}/python mobile/ios/test_on_linux.py {{ARGS}}

# lint, types and tests
test *ARGS: (_env "test")
    {{bin}}/ruff check .
    {{bin}}/ruff format --check .
    {{bin}}/mypy
    {{bin}}/python -m pytest -n auto {{ARGS}}

# the whole path in miniature, with the network denied: corpus, tokenizer, a few steps, export, generate
smoke: (_env "test")
    {{bin}}/python scripts/offline.py {{bin}}/robo-train run toy --fresh
    {{bin}}/python scripts/offline.py {{bin}}/robo-convert gguf checkpoints/robo-toy --functional 5
    {{bin}}/python scripts/offline.py {{bin}}/robo-convert verify exports/robo-toy
    {{bin}}/python scripts/offline.py {{bin}}/robo generate "Blink an LED on pin 2 every 500 ms" --model exports/robo-toy/robo-toy-q4_0.gguf

# reformat the code
format: (_env "test")
    {{bin}}/ruff format .
    {{bin}}/ruff check --fix .

_env LAYER:
    @{{python}} scripts/env.py {{LAYER}}
