#!/usr/bin/env bash
# Sources of prompts side by side, and the audit of what language decides: one record of each per data
# set, into $OUT and experiments/records/compare. PROMPTLAB_DATA: a folder with data sets in MVTec AD
# layout, one folder each; its name is left out of the records. Takes about half an hour on two idle
# cores. LIMIT=40 is a quick look (images per category); arguments go to every comparison, as in
# `experiments/compare.sh --set compare.draws=1`.
set -euo pipefail
cd "$(dirname "$0")/.."
PROMPTLAB=${PROMPTLAB:-.venv/bin/promptlab}
OUT=${OUT:-runs/compare}
KEEP=${KEEP:-experiments/records/compare}
CONFIG=experiments/configs/compare.yaml
MORE=("$@")
judge() { # name, then --set arguments
  local name=$1
  shift
  set -- "$@" --set "name=$name" --set "dataset.limit=${LIMIT:-null}" "${MORE[@]}"
  $PROMPTLAB compare "$CONFIG" "$@" --out "$OUT/$name"
  $PROMPTLAB compare "$CONFIG" "$@" --audit --out "$OUT/$name"
  mkdir -p "$KEEP"
  for file in compare.json audit.json compare.csv audit.csv; do
    sed "s#${PROMPTLAB_DATA%/}#\$PROMPTLAB_DATA#g" "$OUT/$name/$file" > "$KEEP/$name.$file"
  done
}
: "${PROMPTLAB_DATA:?set it to the folder of the data sets}"
judge elpv --set dataset.name=elpv
for folder in "$PROMPTLAB_DATA"/*/; do
  ls "$folder"*/test > /dev/null 2>&1 || continue
  judge "$(basename "$folder")" --set dataset.name=mvtec --set "dataset.root=$folder"
done
