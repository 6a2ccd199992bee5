#!/usr/bin/env bash
# Installs what a target needs and nothing else; says what and why before each installation.
#   scripts/setup.sh build|lint|test|bench|data
# Every step first looks whether there is anything to do, so a second run takes a second.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

want="${1:-build}"
case "$want" in build | lint | test | bench | data) ;; *) die "setup.sh does not know '$want'" "use one of: build lint test bench data" ;; esac

RUST_MIN=95 # rustc 1.95, which Burn 0.22 asks for
SPLIT_VERSION=0.2.4

# ---------------------------------------------------------------- helpers

# as_root COMMAND…: directly when root, by sudo when that asks no question or a person is there to answer.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif has sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then sudo "$@"
  else return 1; fi
}

# apt_install PACKAGE…: quiet, without recommended extras, with its log kept for the error message.
apt_install() {
  local log="$CARGO_TARGET_DIR/apt.log"
  mkdir -p "$CARGO_TARGET_DIR"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >"$log" 2>&1 &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >>"$log" 2>&1 ||
    { tail -n 5 "$log" >&2; return 1; }
}

# Does this toolchain compile and link for wasm32? Asks the compiler, since a half-installed library also has files.
compiles_wasm() {
  local dir rc=0 linker="${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER:-}"
  dir="$(mktemp -d)"
  printf 'pub fn probe() -> Vec<u8> { Vec::new() }\n' |
    rustc --edition 2021 --crate-type cdylib --target "$WASM" ${linker:+-C "linker=$linker"} -o "$dir/probe.wasm" - >/dev/null 2>&1 || rc=1
  rm -rf "$dir"
  return "$rc"
}

# The sources of the standard library: the page compiles its own, for size.
has_library_sources() { [ -f "$(rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ]; }

rust_is_new_enough() {
  local minor
  minor="$(rustc --version 2>/dev/null | sed -nE 's/^rustc 1\.([0-9]+)\..*/\1/p')"
  [ -n "$minor" ] && [ "$minor" -ge "$RUST_MIN" ]
}

# ---------------------------------------------------------------- Rust and its wasm library

use_debian_toolchain() {
  local lld
  # Debian ships no rust-lld; any rustup toolchain brings one.
  lld="$(find "${RUSTUP_HOME:-$HOME/.rustup}/toolchains" -type f -path '*/bin/rust-lld' 2>/dev/null | sort | tail -n 1)"
  [ -n "$lld" ] || lld="$(command -v rust-lld || true)"
  [ -n "$lld" ] || die "Debian's Rust has no linker for wasm (rust-lld), and no rustup toolchain was found that has one" \
    "install a toolchain with rustup (rustup toolchain install stable), then run this again"
  mkdir -p "$CARGO_TARGET_DIR"
  cat >"$CARGO_TARGET_DIR/toolchain.env" <<ENV
# Written by scripts/setup.sh: rustup could not add the wasm library here, so Debian's Rust is used.
export RUSTUP_TOOLCHAIN="\${RUSTUP_TOOLCHAIN:-debian}"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="\${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER:-$lld}"
ENV
  # A stale choice from the environment must not stay in force.
  unset RUSTUP_TOOLCHAIN
  # shellcheck disable=SC1091
  . "$CARGO_TARGET_DIR/toolchain.env"
}

# Debian's compiler comes without a compiled wasm library but with its sources: build it once (about a minute).
build_wasm_library() {
  local dir lib
  dir="$CARGO_TARGET_DIR/wasm-library"
  lib="$(rustc --print target-libdir --target "$WASM")"
  say "set-up: compiling the wasm library from Debian's sources into $lib (once, about a minute)"
  rm -rf "$dir"
  mkdir -p "$dir/src"
  printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$dir/Cargo.toml"
  : >"$dir/src/lib.rs"
  # Bitcode inside: without it, link-time optimisation cannot read the library.
  (cd "$dir" && env -u RUSTC_WRAPPER RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_TARGET_DIR="$dir/target" \
    cargo build --quiet --release -Zbuild-std=std,panic_abort,proc_macro --target "$WASM") ||
    die "the wasm library did not compile" "check that rust-web-src has the version of rustc ($(rustc --version))"
  as_root mkdir -p "$lib" && as_root find "$lib" -name '*.rlib' -delete &&
    find "$dir/target/$WASM/release/deps" -name '*.rlib' ! -name 'libempty*' -print0 | as_root xargs -0 cp -t "$lib" ||
    die "the wasm library could not be copied to $lib" "run this as root, or with sudo"
  rm -rf "$dir"
}

setup_rust() {
  local log
  has cargo && has rustc || die "Rust is not installed" "install it from https://rustup.rs, then run this again"
  if rust_is_new_enough && compiles_wasm && has_library_sources; then return; fi

  if has rustup; then
    if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && ! rust_is_new_enough; then
      die "Rust 1.$RUST_MIN or newer is needed, found: $(rustc --version 2>/dev/null || echo none)" "rustup update stable"
    fi
    log="$CARGO_TARGET_DIR/rustup.log"
    mkdir -p "$CARGO_TARGET_DIR"
    say "set-up: adding rustup's $WASM target and library sources, because the page and both engines are WebAssembly"
    if RUSTUP_MAX_RETRIES=1 rustup target add "$WASM" >"$log" 2>&1 &&
      RUSTUP_MAX_RETRIES=1 rustup component add rust-src >>"$log" 2>&1 && compiles_wasm && has_library_sources; then return; fi
    say "set-up: rustup could not add it ($(grep -m1 -iE 'error|could not' "$log" | cut -c1-120 || true))"
  fi

  # The other way: Debian's own compiler, whose library sources are packaged too.
  has apt-get || die "the $WASM library is missing and cannot be added here" "rustup target add $WASM"
  if ! dpkg -s rustc-web cargo-web rust-web-src rust-web-clippy >/dev/null 2>&1; then
    say "set-up: installing Debian's Rust with its library sources (rustc-web cargo-web rust-web-src rust-web-clippy)"
    apt_install rustc-web cargo-web rust-web-src rust-web-clippy gcc libc6-dev ||
      die "Debian's Rust could not be installed" "run as root: apt-get install rustc-web cargo-web rust-web-src rust-web-clippy"
  fi
  if has rustup; then rustup toolchain link debian /usr >/dev/null 2>&1 || true; fi
  use_debian_toolchain
  rust_is_new_enough || die "Rust 1.$RUST_MIN or newer is needed, Debian has $(rustc --version 2>/dev/null || echo none)" \
    "install a newer Rust from https://rustup.rs"
  compiles_wasm || build_wasm_library
  compiles_wasm || die "$(rustc --version) still cannot compile for $WASM" "rustup target add $WASM"
}

# ---------------------------------------------------------------- cargo tools

# cargo_tool COMMAND VERSION CRATE WHY [FLAGS]: keeps one of this version that is already on the PATH.
cargo_tool() {
  local command="$1" version="$2" crate="$3" why="$4" flags="${5:-}"
  if [ "$("$command" --version 2>/dev/null | awk '{print $2}')" = "$version" ]; then return; fi
  # Not every tool says its version; cargo keeps a list of what it has installed here.
  if grep -q "^\"$crate $version " "$CARGO_TARGET_DIR/tools/.crates.toml" 2>/dev/null && has "$command"; then return; fi
  say "set-up: installing $crate $version into $CARGO_TARGET_DIR/tools, because $why (a few minutes, once)"
  # Short tool runs gain nothing from an optimised build, which would take several times as long.
  (cd / && env -u RUSTFLAGS CARGO_TARGET_DIR="$CARGO_TARGET_DIR/tools/build" CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
    cargo install --quiet $flags --root "$CARGO_TARGET_DIR/tools" "$crate@$version") ||
    die "$crate $version could not be installed" "try it by hand: cargo install $flags $crate@$version"
  hash -r
  built_tools=1
}

setup_cargo_tools() {
  local bindgen
  # The command and the crate must have exactly the same version, so the crate's pin decides.
  bindgen="$(sed -nE 's/^wasm-bindgen *=.*"=([0-9.]+)".*/\1/p' Cargo.toml | head -n 1)"
  [ -n "$bindgen" ] || die "Cargo.toml does not pin wasm-bindgen to one version" 'write: wasm-bindgen = { version = "=x.y.z", … }'
  built_tools=
  # Without --locked: the command's own lock file names a yanked version.
  cargo_tool wasm-bindgen "$bindgen" wasm-bindgen-cli "it joins the compiled modules to JavaScript"
  cargo_tool wasm-split-cli "$SPLIT_VERSION" wasm_split_cli_support "it cuts the page into parts" \
    "--locked --features build-binary"
  if [ -n "$built_tools" ]; then rm -rf "$CARGO_TARGET_DIR/tools/build"; fi
}

# ---------------------------------------------------------------- node packages

# npm_packages GROUP…: package.json keeps the build's in `dependencies`, the tests' in `devDependencies` and
# the benchmark's in `optionalDependencies`; only the groups asked for are installed.
npm_packages() {
  local omit=() missing
  case " $* " in *" dev "*) ;; *) omit+=(--omit=dev) ;; esac
  case " $* " in *" optional "*) ;; *) omit+=(--omit=optional) ;; esac
  missing="$(node scripts/packages.mjs "$@")" || die "package.json could not be read" "git checkout package.json"
  [ -n "$missing" ] || return 0
  has npm || die "npm is not installed" "install Node.js 20 or newer with npm (https://nodejs.org, or: apt-get install nodejs npm)"
  say "set-up: installing node packages:$missing"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error ${omit[@]+"${omit[@]}"} || die "npm could not install:$missing" "check the network, then run: npm ci"
  missing="$(node scripts/packages.mjs "$@")"
  [ -z "$missing" ] || die "npm installed, but these are still missing:$missing" "delete node_modules and run this again"
}

setup_node() {
  has node || die "Node.js is not installed" "install Node.js 20 or newer (https://nodejs.org, or: apt-get install nodejs npm)"
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 12) ? 0 : 1)' ||
    die "Node.js 20.12 or newer is needed, found $(node --version)" "install it from https://nodejs.org"
}

# ---------------------------------------------------------------- a browser

setup_chrome() {
  if [ -n "${CHROME:-}" ]; then return; fi
  has apt-get || die "no Chromium or Chrome was found" "install one, or set CHROME to its path"
  say "set-up: installing Chromium with apt, because the browser tests drive a real one"
  apt_install chromium || die "Chromium could not be installed" "run as root: apt-get install chromium; or set CHROME to the path of a Chrome"
  find_chrome >/dev/null || die "Chromium was installed but cannot be found" "set CHROME to its path"
}

# ---------------------------------------------------------------- what each target needs

setup_lint() {
  { cargo fmt --version || env -u RUSTUP_TOOLCHAIN cargo fmt --version; } >/dev/null 2>&1 ||
    die "rustfmt is not installed" "rustup component add rustfmt"
  cargo clippy --version >/dev/null 2>&1 || die "clippy is not installed" "rustup component add clippy"
}

setup_rust
case "$want" in
  build) setup_node; setup_cargo_tools; npm_packages ;;
  lint) setup_node; setup_lint ;;
  test) setup_node; setup_cargo_tools; npm_packages dev; setup_chrome ;;
  bench) setup_node; setup_cargo_tools; npm_packages dev optional; setup_chrome ;;
  data) setup_node; has npm || die "npm is not installed" "install Node.js 20 or newer with npm" ;;
esac
say "set-up: ready for $want ($(rustc --version | cut -d' ' -f1,2), node $(node --version))"
