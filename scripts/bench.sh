#!/usr/bin/env bash
# make bench: native benchmarks where there are any, then the browser against TensorFlow.js.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
bash scripts/setup.sh bench
. scripts/env.sh
bash scripts/build.sh
node benches/browser/bench.mjs
# Last, because they end with an error where an oracle or a step of an attack takes too long.
phase "Oracles" cargo bench --locked --bench oracles
phase "Attack steps" cargo bench --locked --features cli --bench attack_step
