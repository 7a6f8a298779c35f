import re
from pathlib import Path

import pytest

from promptlab.bench.report import markdown_of, read_report
from promptlab.report.markdown import markdown_table
from promptlab.results import read_record

ROOT = Path(__file__).parent.parent


def test_readme_quotes_the_committed_records() -> None:
    readme = (ROOT / "README.md").read_text()
    quoted = re.search(r"<!-- records:begin -->\n(.*?)<!-- records:end -->", readme, re.DOTALL)
    records = [read_record(path) for path in sorted((ROOT / "experiments/records").glob("*.json"))]
    assert records
    assert quoted is not None
    assert quoted.group(1) == markdown_table(records)


def test_readme_quotes_the_committed_benchmark() -> None:
    readme = (ROOT / "README.md").read_text()
    quoted = re.search(r"<!-- bench:begin -->\n(.*?)<!-- bench:end -->", readme, re.DOTALL)
    if quoted is None:
        pytest.skip("the README quotes no benchmark")
    (record,) = (ROOT / "experiments/records/bench").glob("*.json")
    assert quoted.group(1) == markdown_of(read_report(record))


def test_readme_links_lead_somewhere() -> None:
    readme = (ROOT / "README.md").read_text()
    targets = re.findall(r"\]\(([^)]+)\)", readme)
    assert targets
    assert not [target for target in targets if not (ROOT / target).exists()]
