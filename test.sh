#!/usr/bin/env bash
# Runs every test on both databases. Installs what the tests need from Debian when it is missing, and
# ONNX Runtime from PyPI into target/.
set -euo pipefail
cd "$(dirname "$0")"

has_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }
missing=()
has_postgres || missing+=(postgresql)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v ffmpeg >/dev/null || missing+=(ffmpeg)
command -v flac >/dev/null || missing+=(flac)
command -v chromium >/dev/null || missing+=(chromium)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || missing+=(libfaketime)
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
command -v cc >/dev/null || missing+=(gcc libc6-dev)
if [ "${#missing[@]}" -gt 0 ]; then
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    echo "installing: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    # The tests start servers of their own; the packages' services are not wanted.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# The native model runtime: its Python package holds the library that tests open by path.
runtime=target/onnxruntime
if ! compgen -G "$runtime/onnxruntime/capi/libonnxruntime.so.*" >/dev/null; then
    python3 -m pip install --quiet --no-deps --target "$runtime" onnxruntime==1.32.0
fi
MAXBOOSTER_TEST_ONNXRUNTIME=$(compgen -G "$PWD/$runtime/onnxruntime/capi/libonnxruntime.so.*" | head -1)
export MAXBOOSTER_TEST_ONNXRUNTIME

# All at once, so that dependencies are built with one set of features: the suites start the program.
cargo build --locked --workspace --all-targets
exec cargo test --locked --workspace "$@"
