#!/usr/bin/env bash
# Sources of prompts side by side, and the audit of what language decides: on every category with masks at
# once, then on ELPV's cells. Records go to experiments/records/compare. LIMIT=40 is a quick look
# (images per category); arguments go to every comparison, as in --set compare.draws=1.
set -euo pipefail
cd "$(dirname "$0")/.."
source experiments/real_data.sh
OUT=${OUT:-runs/compare}
mkdir -p "$OUT"
OUT=$(realpath "$OUT")  # whole: records hold it, and it is taken out of them
KEEP=${KEEP:-experiments/records/compare}
CONFIG=experiments/configs/compare.yaml
MORE=("$@")
mkdir -p "$KEEP"
link_real "$OUT/images"
judge() { # name, then --set arguments
  local name=$1 file
  shift
  set -- "$@" --set "name=$name" --set "dataset.limit=${LIMIT:-null}" "${MORE[@]}"
  "$PROMPTLAB" compare "$CONFIG" "$@" --out "$OUT/$name"
  "$PROMPTLAB" compare "$CONFIG" "$@" --audit --out "$OUT/$name"
  for file in compare.json audit.json compare.csv audit.csv; do
    sed "s#$OUT#\$OUT#g; s#${PROMPTLAB_DATA%/}#\$PROMPTLAB_DATA#g" "$OUT/$name/$file" > "$KEEP/$name.$file"
  done
  cp "$OUT/$name/compare.png" "$KEEP/$name.compare.png"
  cp "$OUT/$name/audit.png" "$KEEP/$name.audit.png"
}
judge real --set dataset.name=mvtec --set "dataset.root=$OUT/images"
judge elpv --set dataset.name=elpv
