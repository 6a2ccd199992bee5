#!/usr/bin/env bash
# make bench: native benchmarks where there are any, then the browser against TensorFlow.js.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
bash scripts/setup.sh bench
. scripts/env.sh
bash scripts/build.sh
if grep -q '^\[\[bench\]\]' Cargo.toml; then cargo bench --locked --features cli; fi
node benches/browser/bench.mjs
