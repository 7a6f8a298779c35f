# Sourced by the scripts beside it. PROMPTLAB_DATA: a folder with data sets in MVTec AD layout, one folder
# each; its name is left out of what is kept.
PROMPTLAB=${PROMPTLAB:-.venv/bin/promptlab}
PYTHON=${PYTHON:-.venv/bin/python}
: "${PROMPTLAB_DATA:?set it to the folder of the data sets}"
link_real() { # folder: gets a link to every category, so that one run judges all of them
  local category
  mkdir -p "$1"
  for category in "$PROMPTLAB_DATA"/*/*/; do
    [ -d "$category/test" ] && ln -sfn "$(realpath "$category")" "$1/$(basename "$category")"
  done
}
