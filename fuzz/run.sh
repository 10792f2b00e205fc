#!/usr/bin/env bash
# Fuzzes one target, or each in turn: run.sh [SECONDS [decode|master [FOLDER OF MORE SEEDS]]].
# What it finds goes to fuzz/out/TARGET/, its log to fuzz/out/TARGET.log.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-600}
targets=(${2:-decode master})
more=${3:-}

cargo build --locked --release
built=${CARGO_TARGET_DIR:-target}/$(rustc -vV | sed -n 's/^host: //p')/release
seeds=out/seeds
[ -d "$seeds" ] || ./seeds.sh "$seeds"
seeds=("$seeds" ../audio/tests/fixtures ../audio/tests/files/found)
[ -z "$more" ] || seeds+=("$more")

status=0
for target in "${targets[@]}"; do
    mkdir -p "out/corpus/$target" "out/$target"
    # Files beyond 32 kB would cost time and tell nothing that smaller ones do not.
    "$built/$target" -max_total_time="$seconds" -rss_limit_mb=600 -timeout=20 -max_len=32768 \
        -dict=words.dict -print_final_stats=1 -artifact_prefix="out/$target/" \
        "out/corpus/$target" "${seeds[@]}" 2>&1 | tee -a "out/$target.log" |
        grep -E 'panicked|FOREIGN|ERROR|SUMMARY|artifact|stat::|^#[0-9]+.*pulse|^Done' || status=1
    echo "$target found $(find "out/$target" -type f | wc -l) files in all; see fuzz/out/$target.log"
done
exit $status
