# Sourced by every script: where things are, which toolchain, how to speak. Changes nothing on disk.
#
#   ROOT              the checkout
#   CARGO_TARGET_DIR  what cargo and these scripts build into; respected if set, else ROOT/target
#   WEB               finished engines and the caches of the web build
#   CHROME            a Chromium or Chrome for the browser tests, if there is one
#
# shellcheck shell=bash
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$ROOT"

CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$ROOT/target}"
case "$CARGO_TARGET_DIR" in /*) ;; *) CARGO_TARGET_DIR="$ROOT/$CARGO_TARGET_DIR" ;; esac
export CARGO_TARGET_DIR
export WEB="$CARGO_TARGET_DIR/web"
WASM=wasm32-unknown-unknown

# Tools of the right version that are already on the PATH are used; others come from here.
export PATH="$CARGO_TARGET_DIR/tools/bin:$PATH"

# Written by setup.sh where rustup's own toolchain is not the one to use.
if [ -f "$CARGO_TARGET_DIR/toolchain.env" ]; then
  # shellcheck disable=SC1091
  . "$CARGO_TARGET_DIR/toolchain.env"
fi

say() { printf '%s\n' "$*"; }

# die WHAT_IS_WRONG WHAT_TO_DO
die() {
  printf '\nerror: %s\n  fix: %s\n' "$1" "$2" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

find_chrome() {
  local candidate
  for candidate in "${CHROME:-}" chromium chromium-browser google-chrome-stable google-chrome \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
    "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
    if [ -n "$candidate" ] && has "$candidate"; then command -v "$candidate"; return 0; fi
  done
  return 1
}
if chrome_found="$(find_chrome)"; then export CHROME="$chrome_found"; fi
unset chrome_found

# phase NAME COMMAND…: runs a command (never a shell function: `set -e` would not hold inside it) and,
# where FWLAB_PHASES names a file, notes how long it took and whether it passed.
phase() {
  local name="$1" start=$SECONDS rc=0
  shift
  printf '\n── %s\n' "$name"
  "$@" || rc=$?
  if [ -n "${FWLAB_PHASES:-}" ]; then
    printf '%s\t%s\t%s\n' "$((SECONDS - start))" "$rc" "$name" >>"$FWLAB_PHASES"
  fi
  return "$rc"
}

# Prints the table of phases, total last. Phases inside others are written by indenting their names.
show_phases() {
  [ -s "${FWLAB_PHASES:-}" ] || return 0
  printf '\ntime of each phase\n'
  awk -F '\t' '{ printf "  %3d:%02d  %s%s\n", int($1 / 60), $1 % 60, $3, ($2 == 0 ? "" : "  (failed)") }' "$FWLAB_PHASES"
  printf '  %3d:%02d  total\n' "$((SECONDS / 60))" "$((SECONDS % 60))"
}
