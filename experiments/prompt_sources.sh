#!/usr/bin/env bash
# What are prompts of each source worth? One record per data set and source, into $OUT.
# PROMPTLAB_DATA: a folder with data sets in MVTec AD layout, one folder each. The records are copied to
# experiments/records, with that folder's name left out of them.
set -euo pipefail
cd "$(dirname "$0")/.."
PROMPTLAB=${PROMPTLAB:-.venv/bin/promptlab}
PYTHON=${PYTHON:-.venv/bin/python}
OUT=${OUT:-runs/prompt-sources}
CONFIG=experiments/configs/prompt_sources.yaml
STATIC='{kind: static, name: winclip}'
CURATED='{kind: static, name: curated}'
LLM='{kind: llm, llm: "gguf:smollm2", per_state: 24}'
judge() { # name, then --set arguments
  local name=$1
  shift
  for arm in "static=[$STATIC]" "curated=[$CURATED]" "llm=[$LLM]" "both=[$LLM, $STATIC]"; do
    "$PROMPTLAB" run "$CONFIG" "$@" --set "name=$name-${arm%%=*}" \
      --set "prompts.sources=${arm#*=}" --out "$OUT/$name-${arm%%=*}"
  done
}
judge elpv --set dataset.name=elpv
for folder in "${PROMPTLAB_DATA:?set it to the folder of the data sets}"/*/; do
  ls "$folder"*/test > /dev/null 2>&1 || continue
  judge "$(basename "$folder")" --set "dataset.root=$folder"
done
for run in "$OUT"/*/; do
  "$PYTHON" experiments/publish.py "$run" "experiments/records/$(basename "$run").json" \
    "$PROMPTLAB_DATA=\$PROMPTLAB_DATA"
done
