#!/usr/bin/env bash
# The ablations on real images: every category with masks at once, then ELPV's cells where image scores
# can tell. Grid records go to experiments/records/ablations. Arguments: which ablations.
set -euo pipefail
cd "$(dirname "$0")/.."
source experiments/real_data.sh
OUT=${OUT:-runs/ablations}
mkdir -p "$OUT"
OUT=$(realpath "$OUT")  # whole: records hold it, and it is taken out of them
CELLS=${CELLS:-null}  # of ELPV, per category; null: all
ABLATIONS=${*:-aligners scorers contextual_maps prompts prompt_count window_scales window_stride ridge image_size resolutions shots fusion_join mutual mutual_parts}
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
elpv() { # as ablate; images have no masks, so resamples cost little: enough for small corrected p
  local name=$1 set=$2
  shift 2
  ablate "$name" "$set" --set dataset.name=elpv --set "dataset.limit=$CELLS" \
    --set metrics.bootstrap=5000 "$@"
}
for name in $ABLATIONS; do
  real=(--set dataset.name=mvtec --set "dataset.root=$OUT/real")
  case $name in
    fusion_join | mutual) # what was chosen on the first half is confirmed on the second
      ablate "$name" search "${real[@]}" --set 'dataset.categories=[bottle, metal_plate]'
      ablate "$name" report "${real[@]}" --set 'dataset.categories=[grid, tile, cookie]'
      elpv "$name" elpv-search --set 'dataset.categories=[mono]'
      elpv "$name" elpv-report --set 'dataset.categories=[poly]'
      # on generated categories that `lite` never saw it was chosen, too, where they differ
      [ "$name" = mutual ] || ablate "$name" generated --set dataset.name=synthetic ;;
    aligners | scorers | prompts | prompt_count)
      ablate "$name" real "${real[@]}"
      elpv "$name" elpv ;;
    *) ablate "$name" real "${real[@]}" ;;
  esac
done
