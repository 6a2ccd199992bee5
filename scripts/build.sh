#!/usr/bin/env bash
# Builds dist/: both engines, then the page, then weighs them. Run scripts/setup.sh build first.
#
#   FWLAB_QUICK=1             compile the page for speed of change, not for size (what `make serve` does)
#   FWLAB_ENGINES="cpu gpu"   which engines to build; "cpu" or "" makes a quicker build while working on the page
#
# Order: the GPU engine first, because its optimiser runs longest and can go on beside the next compilations.
# Nothing is done twice: cargo sees what changed, and every later stage is cached by the hash of its input.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

# RUSTFLAGS would silently replace the flags of .cargo/config.toml (SIMD).
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
engines="${FWLAB_ENGINES-cpu gpu}"
logs="$WEB/logs"
mkdir -p "$logs"

features() { case "$1" in cpu) echo worker,cpu ;; gpu) echo worker,gpu ;; esac; }

# Everything is fetched once, with one place to fail; from here on no step needs the network.
phase "Fetch crates" cargo fetch --locked --quiet ||
  die "the crates could not be fetched" "check the network; if Cargo.toml changed, run: cargo generate-lockfile"

# What every module is compiled with: the flags of .cargo/config.toml, and no path of this machine in the messages.
wasm_flags='-C target-feature=+simd128 --cfg getrandom_backend="wasm_js"'
wasm_flags+=" --remap-path-prefix=$ROOT=."
for crates in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/; do wasm_flags+=" --remap-path-prefix=${crates%/}=crates"; done
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="$wasm_flags"

running=()
# A failure elsewhere must not leave an optimiser running behind.
trap 'for job in "${running[@]+"${running[@]}"}"; do kill "${job##*:}" 2>/dev/null || true; done' EXIT
for engine in gpu cpu; do
  case " $engines " in
    *" $engine "*) ;;
    *) rm -rf "${WEB:?}/engine/$engine"; continue ;;
  esac
  phase "Compile the $engine engine" cargo build --locked --offline --profile "engine-$engine" --target "$WASM" \
    --no-default-features --features "$(features "$engine")" --bin worker ||
    die "the $engine engine does not compile" "read the first error above"
  node scripts/engine.mjs "$engine" "$CARGO_TARGET_DIR/$WASM/engine-$engine/worker.wasm" >"$logs/$engine.log" 2>&1 &
  running+=("$engine:$!")
done

# Leptos can erase the types of views, which makes the page a seventh smaller, and wasm-split needs to know where
# functions refer to each other. Both flags are the page's alone.
page_flags=(env)
quick=
if [ -n "${FWLAB_QUICK:-}" ]; then
  # While working on the page: seconds instead of minutes a change, three times the bytes, no weighing.
  quick=--quick
  page_flags+=(CARGO_PROFILE_PAGE_LTO=off CARGO_PROFILE_PAGE_OPT_LEVEL=1 CARGO_PROFILE_PAGE_CODEGEN_UNITS=16
    CARGO_PROFILE_PAGE_INCREMENTAL=true)
fi
page_flags+=(CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="$wasm_flags --cfg erase_components -C link-arg=--emit-relocs")

# The page compiles while the engines are still being optimised.
phase "Compile the page" "${page_flags[@]}" cargo build --locked --offline --profile page --target "$WASM" \
  --no-default-features --features app --bin app ||
  die "the page does not compile" "read the first error above"

waited=$SECONDS
for job in "${running[@]+"${running[@]}"}"; do
  engine="${job%%:*}"
  wait "${job##*:}" || { cat "$logs/$engine.log" >&2; die "the $engine engine could not be optimised" "read the message above"; }
  cat "$logs/$engine.log"
done
if [ -n "${FWLAB_PHASES:-}" ] && [ "${#running[@]}" -gt 0 ]; then
  printf '%s\t0\tWait for the engines’ optimiser\n' "$((SECONDS - waited))" >>"$FWLAB_PHASES"
fi
running=()

phase "Cut and join the page" node scripts/page.mjs "$CARGO_TARGET_DIR/$WASM/page/app.wasm" $quick ||
  die "the page could not be put together" "read the message above"
phase "Assemble dist/" node scripts/site.mjs $quick || die "the site could not be put together" "read the message above"
[ -n "$quick" ] || node scripts/budget.mjs dist || die "a size budget is exceeded" "see the table; scripts/budget.mjs holds the limits"
