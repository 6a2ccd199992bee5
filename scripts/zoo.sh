#!/usr/bin/env bash
# make zoo: trains the bundled networks again, or only those named: bash scripts/zoo.sh cifar10-pgd-8 …
# Each www/models/NAME.experiment.json gives NAME.safetensors, with the same command a user would type; a CPU run repeats
# to the last bit, so git shows no change but in the times. Then every new network is attacked for its card.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
bash scripts/setup.sh data
. scripts/env.sh
. scripts/originals.sh
shopt -s nullglob
experiments=(www/models/*.experiment.json)
[ "${#experiments[@]}" -gt 0 ] || die "there is no www/models/*.experiment.json to train" "export an experiment from the page and put it there"
if [ "$#" -gt 0 ]; then
  experiments=("${@/#/www/models/}")
  experiments=("${experiments[@]/%/.experiment.json}")
fi
cargo build --locked --release --features cli --bin fwlab
fwlab="$CARGO_TARGET_DIR/release/fwlab"
times=()
for experiment in "${experiments[@]}"; do
  [ -f "$experiment" ] || die "there is no $experiment" "name networks as in www/models, without their endings"
  name="$(basename "$experiment" .experiment.json)"
  began=$SECONDS
  phase "Train $name" "$fwlab" run "$experiment" --originals "$cache" --save "www/models/$name.safetensors"
  times+=(--time "$name=$((SECONDS - began + 1))")
done
"$fwlab" models www/models --docs docs/models.md "${times[@]}"
"$fwlab" features
