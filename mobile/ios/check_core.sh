#!/usr/bin/env bash
# Compile the native core's own sources for macOS on any system, with zig, which has Apple's C and C++ headers:
# ./justw bench-device-build installs it. Says whether they compile, not whether they run. llama.cpp's are not tried.
#
#   mobile/ios/check_core.sh [aarch64-macos.13.0]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
native=$(cd "$here/../native" && pwd)
python=${PYTHON:-$here/../../.venv/bin/python}
target=${1:-aarch64-macos.13.0}
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

"$python" "$here/../../scripts/native.py" --fetch
"$python" -c 'import ziglang' || {
    echo "error: the package ziglang is missing: ./justw bench-device-build, or PYTHON=one that has it" >&2
    exit 2
}
cd "$native"
count=0
while IFS= read -r source; do
    "$python" -m ziglang c++ -target "$target" -std=c++17 -c -O0 -Wall -Wextra -Wpedantic -Wshadow -Werror \
        -Iinclude -Isrc -isystem llama.cpp/include -isystem llama.cpp/ggml/include -isystem llama.cpp/src \
        "$source" -o "$made/core.o"
    count=$((count + 1))
done < <(find src -name '*.cpp' | sort)
echo "$count sources compile for $target"
