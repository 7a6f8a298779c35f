#!/usr/bin/env bash
# What are prompts of each source worth? One record for each source: on every category with masks at once,
# then on ELPV's cells. Records go to experiments/records.
set -euo pipefail
cd "$(dirname "$0")/.."
source experiments/real_data.sh
OUT=${OUT:-runs/prompt-sources}
mkdir -p "$OUT"
OUT=$(realpath "$OUT")  # whole: records hold it, and it is taken out of them
CONFIG=experiments/configs/prompt_sources.yaml
STATIC='{kind: static, name: winclip}'
CURATED='{kind: static, name: curated}'
LLM='{kind: llm, llm: "gguf:smollm2", per_state: 24}'
link_real "$OUT/images"
judge() { # name, then --set arguments
  local name=$1 run
  shift
  for arm in "static=[$STATIC]" "curated=[$CURATED]" "llm=[$LLM]" "both=[$LLM, $STATIC]"; do
    run=$name-${arm%%=*}
    "$PROMPTLAB" run "$CONFIG" "$@" --set "name=$run" \
      --set "prompts.sources=${arm#*=}" --out "$OUT/$run"
    "$PYTHON" experiments/publish.py "$OUT/$run" "experiments/records/$run.json" \
      "$OUT=\$OUT" "$PROMPTLAB_DATA=\$PROMPTLAB_DATA"
  done
}
judge real --set "dataset.root=$OUT/images"
judge elpv --set dataset.name=elpv
