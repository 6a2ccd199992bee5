#!/usr/bin/env bash
# make zoo: trains the bundled networks again. Each www/models/NAME.experiment.json gives NAME.safetensors,
# with the same command a user would type; a CPU run repeats to the last bit, so git shows no change.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
bash scripts/setup.sh data
. scripts/env.sh
shopt -s nullglob
experiments=(www/models/*.experiment.json)
[ "${#experiments[@]}" -gt 0 ] || die "there is no www/models/*.experiment.json to train" "export an experiment from the page and put it there"
cargo build --locked --release --features cli --bin fwlab
for experiment in "${experiments[@]}"; do
  weights="${experiment%.experiment.json}.safetensors"
  phase "Train $weights" "$CARGO_TARGET_DIR/release/fwlab" run "$experiment" --save "$weights"
done
"$CARGO_TARGET_DIR/release/fwlab" models www/models
"$CARGO_TARGET_DIR/release/fwlab" features
