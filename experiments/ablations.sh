#!/usr/bin/env bash
# The ablations on real images: every category with masks at once, then ELPV's cells where image scores
# can tell. Grid records go to experiments/records/ablations. Arguments: which ablations.
set -euo pipefail
cd "$(dirname "$0")/.."
source experiments/real_data.sh
OUT=${OUT:-runs/ablations}
ABLATIONS=${*:-aligners scorers contextual_maps prompts prompt_count window_scales window_stride ridge image_size resolutions shots}
mkdir -p experiments/records/ablations
link_real "$OUT/real"
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
  [ "$name" != scorers ] || ablate "$name" elpv --set dataset.name=elpv
done
