#!/usr/bin/env bash
# Sources of prompts side by side, and the audit of what language decides: on every category with masks at
# once, then on ELPV's cells. Records go to experiments/records/compare. LIMIT=40 is a quick look
# (images per category).
set -euo pipefail
cd "$(dirname "$0")/.."
source experiments/real_data.sh
OUT=${OUT:-runs/compare}
KEEP=${KEEP:-experiments/records/compare}
CONFIG=experiments/configs/compare.yaml
mkdir -p "$KEEP"
link_real "$OUT/images"
judge() { # name, then --set arguments
  local name=$1 file
  shift
  set -- "$@" --set "name=$name" --set "dataset.limit=${LIMIT:-null}"
  "$PROMPTLAB" compare "$CONFIG" "$@" --out "$OUT/$name"
  "$PROMPTLAB" compare "$CONFIG" "$@" --audit --out "$OUT/$name"
  for file in compare.json audit.json compare.csv audit.csv; do
    sed "s#$OUT#\$OUT#g; s#${PROMPTLAB_DATA%/}#\$PROMPTLAB_DATA#g" "$OUT/$name/$file" > "$KEEP/$name.$file"
  done
}
judge real --set dataset.name=mvtec --set "dataset.root=$OUT/images"
judge elpv --set dataset.name=elpv
