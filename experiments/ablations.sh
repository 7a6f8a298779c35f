#!/usr/bin/env bash
# The ablations on real images: every category with masks in one folder of links, then ELPV's cells.
# PROMPTLAB_DATA: a folder with data sets in MVTec AD layout, one folder each. Grid records are copied
# to experiments/records/ablations, with that folder's name left out of them.
set -euo pipefail
cd "$(dirname "$0")/.."
PROMPTLAB=${PROMPTLAB:-.venv/bin/promptlab}
PYTHON=${PYTHON:-.venv/bin/python}
OUT=${OUT:-runs/ablations}
ABLATIONS=${*:-aligners scorers contextual_maps prompts prompt_count window_scales ridge image_size resolutions shots}
mkdir -p "$OUT/real" experiments/records/ablations
for category in "${PROMPTLAB_DATA:?set it to the folder of the data sets}"/*/*/; do
  [ -d "$category/test" ] || continue
  ln -sfn "$(realpath "$category")" "$OUT/real/$(basename "$category")"
done
ablate() { # name, data set, then --set arguments
  local name=$1 set=$2
  shift 2
  [ -e "$OUT/$name-$set/grid.json" ] || "$PROMPTLAB" run "experiments/ablations/$name.yaml" \
    --set dataset.limit=null "$@" --out "$OUT/$name-$set"
  "$PYTHON" experiments/publish.py "$OUT/$name-$set/grid.json" \
    "experiments/records/ablations/$name-$set.json" "$OUT=\$OUT" "$PROMPTLAB_DATA=\$PROMPTLAB_DATA"
}
for name in $ABLATIONS; do
  ablate "$name" real --set dataset.name=mvtec --set "dataset.root=$OUT/real"
  case $name in # without masks only what image scores can tell
    scorers | prompt_count) ablate "$name" elpv --set dataset.name=elpv ;;
  esac
done
