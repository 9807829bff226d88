#!/usr/bin/env bash
# Fuzzes every reader of face files for some seconds each: tools/fuzz.sh [SECONDS [TARGET...]]
#
# Needs a nightly toolchain and cargo-fuzz (cargo install cargo-fuzz); says so and ends well where they lack. Starts from
# the files of tests/fixtures/faces; what it finds stays in fuzz/corpus. A crash, a hang of 10 s, or one allocation above
# 256 MiB ends it with an error and leaves the input in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds="${1:-20}"
shift || true

if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    echo "skipped: fuzzing needs a nightly toolchain and cargo-fuzz"
    exit 0
fi

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    mapfile -t targets < <(basename -s .rs -a fuzz/targets/*.rs)
fi
declare -A seeds=([npz]='*.npz' [mat]='*.mat' [hdf5]='*.h5')
for target in "${targets[@]}"; do
    corpus="fuzz/corpus/$target"
    mkdir -p "$corpus"
    if [ -n "${seeds[$target]:-}" ]; then
        find tests/fixtures/faces -name "${seeds[$target]}" -exec cp -n {} "$corpus" \;
    fi
    echo "fuzzing $target for $seconds s"
    cargo +nightly fuzz run "$target" "$corpus" -- \
        -max_total_time="$seconds" -max_len=65536 -timeout=10 -malloc_limit_mb=256 -rss_limit_mb=1024 -print_final_stats=1
done
