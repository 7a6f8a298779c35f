#!/usr/bin/env bash
# The main job, end to end; `make demo` calls it. Prints how long each part took.
set -euo pipefail
cd "$(dirname "$0")/.."
VENV=${VENV:-.venv}
DEMO=${DEMO:-runs/demo}
promptlab() { "$VENV/bin/promptlab" "$@"; }
part() {
  local name=$1 begun=$SECONDS
  shift
  printf '\n== %s\n   %s\n' "$name" "$*"
  "$@"
  TIMES+=("$(printf '%5d s  %s' $((SECONDS - begun)) "$name")")
}
TIMES=()
rm -rf "$DEMO"
mkdir -p "$DEMO"
part "what works here" promptlab doctor
part "a language model writes prompts: mono" \
  promptlab prompts generate --llm gguf:smollm2 --category mono --noun "solar cell" --out "$DEMO/prompts"
part "a language model writes prompts: cookie" \
  promptlab prompts generate --llm gguf:smollm2 --category cookie --out "$DEMO/prompts"
part "solar cells: encode, score, compare with WinCLIP's prompts" \
  promptlab run experiments/configs/quickstart.yaml --out "$DEMO/solar-cells"
part "synthetic set with masks: pixel metrics" \
  promptlab run experiments/configs/synthetic.yaml --out "$DEMO/synthetic"
part "sweep: 30 trials on mono, report on poly" \
  promptlab sweep experiments/configs/quickstart.yaml --out "$DEMO/sweep"
part "report" \
  promptlab report "$DEMO/solar-cells" "$DEMO/synthetic" "$DEMO/sweep" --out "$DEMO/report.html"
printf '\n== seconds per part, %s\n' "$(uname -m), $(getconf _NPROCESSORS_ONLN) cores"
printf '%s\n' "${TIMES[@]}"
printf '\nOpen %s\n' "$DEMO/report.html"
