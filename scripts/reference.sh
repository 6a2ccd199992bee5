#!/usr/bin/env bash
# make bench-reference: the lab's native attacks against those of torchattacks and AutoAttack in PyTorch, one thread each.
# Installs nothing: PyTorch is large and only this asks for it. PYTHON names an interpreter that has it.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

extras="$CARGO_TARGET_DIR/reference"
export PYTHONPATH="$extras${PYTHONPATH:+:$PYTHONPATH}" PYTHONDONTWRITEBYTECODE=1
has_module() { "$1" -c "import importlib.util as i, sys; sys.exit(i.find_spec('$2') is None)" >/dev/null 2>&1; }

python=""
for candidate in ${PYTHON:-python3 /usr/bin/python3}; do
  if has_module "$candidate" torch; then python="$candidate"; break; fi
done
[ -n "$python" ] || die "PyTorch is not installed for ${PYTHON:-python3}" \
  "apt install python3-torch python3-numpy (Debian) or python3 -m pip install torch numpy, then run this again"
missing=()
has_module "$python" torchattacks || missing+=(torchattacks==3.5.1)
has_module "$python" PIL || missing+=(pillow)
[ "${#missing[@]}" = 0 ] || die "$python has PyTorch, but not ${missing[*]}" \
  "$python -m pip install --no-deps --target '$extras' ${missing[*]}"
has_module "$python" pyautoattack ||
  say "reference: without AutoAttack's own code; to add it: $python -m pip install --no-deps --target '$extras' pyautoattack==0.2.0"

bash scripts/setup.sh data
. scripts/env.sh
cargo build --locked --release --features cli --bin fwlab
"$python" benches/reference/compare.py --fwlab "$CARGO_TARGET_DIR/release/fwlab" "$@"
