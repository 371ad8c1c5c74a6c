#!/usr/bin/env bash
# Build the native core for Apple systems into mobile/ios/build/CRobo.xcframework: iPhone and iPad (arm64), their
# simulator (arm64, x86_64), macOS (arm64, x86_64). Takes a Mac with Xcode 16, CMake 3.18 and Python 3.10.
#
#   mobile/ios/build_xcframework.sh [--ios 16.0] [--macos 13.0] [--cpu apple-a13]
#
# --cpu is for devices alone: apple-a13 (iPhone 11 and later) has the dot products that INT4 models gain from; the
# programs then stop on older ones. The compiler's own choice runs on all.
#
# Never run on a Mac yet: whoever has one runs it first.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
native=$(cd "$here/../native" && pwd)
build=$here/build
ios=16.0 macos=13.0 cpu=

fail() {
    echo "error: $1" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || fail "$1: needs a value, or is not an option (--ios, --macos, --cpu)"
    case $1 in
    --ios) ios=$2 ;;
    --macos) macos=$2 ;;
    --cpu) cpu=$2 ;;
    *) fail "$1: not an option; there are --ios, --macos, --cpu" ;;
    esac
    shift 2
done

[ "$(uname -s)" = Darwin ] || fail "Apple's compilers and xcodebuild run on macOS alone"
for tool in cmake python3 xcrun xcodebuild lipo; do
    command -v "$tool" >/dev/null || fail "$tool is missing; install Xcode 16 (xcode-select --install) and CMake"
done

python3 "$here/../../scripts/native.py" --fetch

# One slice: NAME SYSTEM SDK ARCHITECTURE MINIMUM [C and C++ flags]. One architecture at a time, because ggml
# chooses its sources by it.
slice() {
    local name=$1 system=$2 sdk=$3 architecture=$4 minimum=$5 flags=${6:-}
    local folder=$build/$name-$architecture
    # The sources are cut down to the CPU: no Metal. Without Accelerate the arithmetic is that of other systems.
    cmake -S "$native" -B "$folder" -G "Unix Makefiles" \
        -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_SYSTEM_NAME="$system" \
        -DCMAKE_SYSTEM_PROCESSOR="$architecture" \
        -DCMAKE_OSX_SYSROOT="$(xcrun --sdk "$sdk" --show-sdk-path)" \
        -DCMAKE_OSX_ARCHITECTURES="$architecture" \
        -DCMAKE_OSX_DEPLOYMENT_TARGET="$minimum" \
        -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY \
        -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" \
        -DROBO_SHARED=OFF -DROBO_PARTS=OFF \
        -DGGML_NATIVE=OFF -DGGML_METAL=OFF -DGGML_BLAS=OFF -DGGML_ACCELERATE=OFF
    cmake --build "$folder" --target robo --parallel "$(sysctl -n hw.ncpu)"
    local parts=()
    while IFS= read -r part; do parts+=("$part"); done < <(find "$folder" -name 'lib*.a' ! -name librobo-all.a)
    [ "${#parts[@]}" -ge 4 ] || fail "$folder: expected librobo, libllama and ggml's libraries, found ${parts[*]:-none}"
    xcrun libtool -static -o "$folder/librobo-all.a" "${parts[@]}"
}

# The architectures of one platform as one file.
join() {
    local name=$1 parts=()
    shift
    local architecture
    for architecture in "$@"; do parts+=("$build/$name-$architecture/librobo-all.a"); done
    mkdir -p "$build/$name"
    lipo -create "${parts[@]}" -output "$build/$name/librobo.a"
}

slice device iOS iphoneos arm64 "$ios" "${cpu:+-mcpu=$cpu}"
slice simulator iOS iphonesimulator arm64 "$ios"
slice simulator iOS iphonesimulator x86_64 "$ios"
slice macos Darwin macosx arm64 "$macos"
slice macos Darwin macosx x86_64 "$macos"
join device arm64
join simulator arm64 x86_64
join macos arm64 x86_64

headers=$build/headers
rm -rf "$headers" "$build/CRobo.xcframework"
mkdir -p "$headers"
cp "$native/include/robo.h" "$headers/"
cat >"$headers/module.modulemap" <<'MAP'
module CRobo {
    header "robo.h"
    link "c++"
    export *
}
MAP

xcodebuild -create-xcframework \
    -library "$build/device/librobo.a" -headers "$headers" \
    -library "$build/simulator/librobo.a" -headers "$headers" \
    -library "$build/macos/librobo.a" -headers "$headers" \
    -output "$build/CRobo.xcframework"
cp "$native/llama.cpp/LICENSE" "$build/CRobo.xcframework/LICENSE.llama.cpp"
echo "built $build/CRobo.xcframework"
