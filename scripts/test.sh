#!/usr/bin/env bash
# make test: everything it needs, then all tests. Prints the time of each phase at the end, also after a failure.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

own_table=
if [ -z "${FWLAB_PHASES:-}" ]; then
  mkdir -p "$CARGO_TARGET_DIR"
  export FWLAB_PHASES="$CARGO_TARGET_DIR/phases.tsv"
  : >"$FWLAB_PHASES"
  own_table=1
  trap show_phases EXIT
fi
unset FWLAB_ENGINES # always both

phase "Set-up" bash scripts/setup.sh test
# Set-up may just have chosen a toolchain or found a browser.
. scripts/env.sh
phase "Native tests" cargo test --locked --features cli
phase "Tests of the formulas' macro" cargo test --locked -p fwlab-tex
bash scripts/build.sh
phase "Browser tests" node tests/browser/run.mjs
