#!/usr/bin/env bash
# Format, clippy with warnings denied (native and wasm32), and a syntax check of every script.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
phase "Set-up for lint" bash scripts/setup.sh lint
. scripts/env.sh
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS

# Debian's toolchain has no rustfmt under rustup; the default toolchain's formats just the same.
formatter=(cargo fmt)
cargo fmt --version >/dev/null 2>&1 || formatter=(env -u RUSTUP_TOOLCHAIN cargo fmt)

phase "Format" "${formatter[@]}" --all --check || die "the code is not formatted" "cargo fmt"
phase "Scripts" bash -c '
  set -e
  for f in scripts/*.sh .ci/run; do bash -n "$f"; done
  for f in scripts/*.mjs www/*.js; do node --check "$f"; done
'
phase "Clippy, native" cargo clippy --locked --features cli --all-targets -- -D warnings
phase "Clippy, formulas" cargo clippy --locked -p fwlab-tex --all-targets -- -D warnings
phase "Clippy, page" cargo clippy --locked --target "$WASM" --features app --lib --bin app -- -D warnings
phase "Clippy, engines" cargo clippy --locked --target "$WASM" --features worker,cpu,gpu --lib --bin worker -- -D warnings
