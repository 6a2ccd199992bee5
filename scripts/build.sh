#!/usr/bin/env bash
# Builds dist/: both engines, then the page, then weighs them. Run scripts/setup.sh build first.
#
#   FWLAB_QUICK=1             compile the page for speed of change, not for size (what `make serve` does)
#   FWLAB_ENGINES="cpu gpu"   which engines to build; "cpu" or "" makes a quicker build while working on the page
#
# The three programs are compiled beside each other, each with its profile's own folder and lock: link-time optimisation
# uses one core for minutes, and another program's crates fill the others.
# Nothing is done twice: cargo sees what changed, and every later stage is cached by the hash of its input.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

# RUSTFLAGS would silently replace the flags of .cargo/config.toml (SIMD).
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
engines="${FWLAB_ENGINES-cpu gpu}"
logs="$WEB/logs"
mkdir -p "$logs"

features() { case "$1" in cpu) echo worker,cpu ;; gpu) echo worker,gpu ;; esac; }

# Everything is fetched once, with one place to fail; from here on no step needs the network.
phase "Fetch crates" env RUSTC_BOOTSTRAP=1 cargo fetch --locked --quiet -Zbuild-std --target "$WASM" ||
  die "the crates could not be fetched" "check the network; if Cargo.toml changed, run: cargo generate-lockfile"

# What every module is compiled with: the flags of .cargo/config.toml, and no path of this machine in the messages.
wasm_flags='-C target-feature=+simd128 --cfg getrandom_backend="wasm_js"'
wasm_flags+=" --remap-path-prefix=$ROOT=."
for crates in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/; do wasm_flags+=" --remap-path-prefix=${crates%/}=crates"; done
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="$wasm_flags"

running=()
# A failure elsewhere must not leave a compiler running behind.
trap 'for job in "${running[@]+"${running[@]}"}"; do kill -- "-${job##*:}" 2>/dev/null || true; done' EXIT

# One engine, from its sources to two optimised files.
build_engine() {
  phase "Compile the $1 engine" cargo build --locked --offline --profile "engine-$1" --target "$WASM" \
    --no-default-features --features "$(features "$1")" --bin worker &&
    phase "Optimise the $1 engine" node scripts/engine.mjs "$1" "$CARGO_TARGET_DIR/$WASM/engine-$1/worker.wasm"
}

# Job control gives each engine a process group of its own, so that it can be ended with all that it has started.
set -m
for engine in gpu cpu; do
  case " $engines " in
    *" $engine "*) ;;
    *) rm -rf "${WEB:?}/engine/$engine"; continue ;;
  esac
  say "compiling the $engine engine in the background; its messages go to $logs/$engine.log"
  build_engine "$engine" >"$logs/$engine.log" 2>&1 &
  running+=("$engine:$!")
done
set +m

# Leptos can erase the types of views, which makes the page a seventh smaller, and wasm-split needs to know where
# functions refer to each other. Both flags are the page's alone.
page_flags=(env)
page_features=app
page_library=()
quick=
if [ -n "${FWLAB_QUICK:-}" ]; then
  # While working on the page: seconds instead of minutes a change, three times the bytes, no weighing.
  quick=--quick
  page_flags+=(CARGO_PROFILE_PAGE_LTO=off CARGO_PROFILE_PAGE_OPT_LEVEL=1 CARGO_PROFILE_PAGE_CODEGEN_UNITS=16
    CARGO_PROFILE_PAGE_INCREMENTAL=true)
  page_features+=,panic-messages
fi
page_rustflags="$wasm_flags --cfg erase_components -C link-arg=--emit-relocs"
if [ -z "$quick" ]; then
  # The library compiled for size, panics without words, and no text forms for debugging: a tenth of the page. Cargo and
  # rustc call these unstable, which is what the variable is for; the compiler is the same stable one.
  page_flags+=(RUSTC_BOOTSTRAP=1)
  page_rustflags+=" -Z unstable-options -C panic=immediate-abort -Z fmt-debug=none -Z location-detail=none"
  page_library=(-Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size)
fi
page_flags+=(CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="$page_rustflags")

phase "Compile the page" "${page_flags[@]}" cargo build --locked --offline --profile page --target "$WASM" \
  "${page_library[@]+"${page_library[@]}"}" --no-default-features --features "$page_features" --bin app ||
  die "the page does not compile" "read the first error above"
phase "Cut and join the page" node scripts/page.mjs "$CARGO_TARGET_DIR/$WASM/page/app.wasm" $quick ||
  die "the page could not be put together" "read the message above"

say
for job in "${running[@]+"${running[@]}"}"; do
  engine="${job%%:*}"
  say "waiting for the $engine engine"
  wait "${job##*:}" || { cat "$logs/$engine.log" >&2; die "the $engine engine could not be built" "read the first error above"; }
  tail -n 1 "$logs/$engine.log"
done
running=()

phase "Assemble dist/" node scripts/site.mjs $quick || die "the site could not be put together" "read the message above"
[ -n "$quick" ] || node scripts/budget.mjs dist || die "a size budget is exceeded" "see the table; scripts/budget.mjs holds the limits"
