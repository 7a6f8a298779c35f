"""Copy records for publication, with the names of local folders left out, and seal them again.

    python experiments/publish.py RECORD COPY FOLDER=NAME...

Every FOLDER becomes NAME (for example a data folder becomes $PROMPTLAB_DATA).
"""

import json
import sys
from pathlib import Path

from promptlab.files import write_text
from promptlab.results import GridRecord, RunRecord, is_grid, read_grid, read_record, sealed_json


def publish(source: Path, target: Path, names: dict[str, str]) -> None:
    """Copy one record."""
    grid = is_grid(source)
    text = json.dumps((read_grid if grid else read_record)(source).model_dump(mode="json"))
    for folder, name in sorted(names.items(), key=lambda pair: -len(pair[0])):
        text = text.replace(folder.rstrip("/"), name)
    kind = GridRecord if grid else RunRecord
    write_text(target, sealed_json(kind.model_validate_json(text)))


if __name__ == "__main__":
    source, target, *pairs = sys.argv[1:]
    publish(Path(source), Path(target), dict(pair.split("=", 1) for pair in pairs))
