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

# The site is compiled beside the native tests: both have stretches in which one core rests.
mkdir -p "$WEB/logs"
say "building the site in the background; its messages go to $WEB/logs/site.log"
set -m
bash scripts/build.sh >"$WEB/logs/site.log" 2>&1 &
site=$!
set +m
stop_site() { kill -- "-$site" 2>/dev/null || true; }
trap 'stop_site; [ -z "$own_table" ] || show_phases' EXIT

phase "Native tests" cargo test --locked --features cli
phase "Tests of the page's own logic" cargo test --locked --lib --features app
phase "Tests of the formulas' macro" cargo test --locked -p fwlab-tex
phase "Wait for the site" bash -c 'while kill -0 "$1" 2>/dev/null; do sleep 1; done' - "$site"
wait "$site" || { cat "$WEB/logs/site.log" >&2; die "the site could not be built" "read the first error above"; }
sed -n '/^sizes/,$p' "$WEB/logs/site.log"
trap '[ -z "$own_table" ] || show_phases' EXIT
phase "Browser tests" node tests/browser/run.mjs
