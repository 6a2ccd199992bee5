#!/usr/bin/env bash
# make clean: removes dist/ and what cargo and the web build made. The installed tools stay: they take minutes.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
rm -rf "$ROOT/dist"
# Only a folder that cargo marked as its own is emptied.
if [ -f "$CARGO_TARGET_DIR/CACHEDIR.TAG" ]; then
  find "$CARGO_TARGET_DIR" -mindepth 1 -maxdepth 1 ! -name tools ! -name toolchain.env -exec rm -rf {} +
fi
rm -rf "$WEB"
say "removed what was built; node_modules and the tools in $CARGO_TARGET_DIR/tools are kept"
