"""Runs as one Markdown table, made from the records: what a README or an issue quotes."""

from collections.abc import Sequence

from promptlab.results import GridRecord, MetricValue, PairedValue, RunRecord

__all__ = ["grid_table", "markdown_table"]

_COLUMNS = {
    "image_auroc": "image AUROC",
    "image_auroc_global": "global only",
    "image_auroc_local": "local only",
    "image_ap": "image AP",
    "pixel_auroc": "pixel AUROC",
    "aupro": "AUPRO",
}


def markdown_table(records: Sequence[RunRecord]) -> str:
    """Return a table with one line per run: means over its categories, in percent.

    The last column is the gain in image AUROC over WinCLIP's ensemble on the same images, with its
    paired 95 % bootstrap interval; a dash where a metric is undefined.
    """
    header = ["run", "images", *_COLUMNS.values(), "gain over WinCLIP's prompts"]
    lines = [f"| {' | '.join(header)} |", f"|---|{'---:|' * (len(header) - 1)}"]
    for record in records:
        means = [_percent(record.results.mean.get(name)) for name in _COLUMNS]
        gain = "baseline" if record.gain is None else _gain(record.gain.mean)
        cells = [record.label, f"{record.dataset.images:,}", *means, gain]
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def grid_table(record: GridRecord) -> str:
    """Return a table with one line per cell of a grid: means over its categories, in percent.

    The last columns are gains over the cell's reference on the same images, in points, with the
    paired 95 % bootstrap interval and the p value after Holm's correction over the grid; a cell
    that is a reference says so.
    """
    shown = {
        name: title
        for name, title in _COLUMNS.items()
        if any(cell.mean.get(name) is not None for cell in record.cells)
    }
    compared = [name for name in _COLUMNS if any(name in cell.gains for cell in record.cells)]
    header = [
        " / ".join(record.axes),
        *shown.values(),
        *(f"{_COLUMNS[name]}, gain" for name in compared),
    ]
    lines = [f"| {' | '.join(header)} |", f"|---|{'---:|' * (len(header) - 1)}"]
    for cell in record.cells:
        cells = [cell.label, *(_percent(cell.mean.get(name)) for name in shown)]
        cells += [
            "reference" if cell.against is None else _paired(cell.gains.get(name))
            for name in compared
        ]
        lines.append(f"| {' | '.join(each.replace('|', '/') for each in cells)} |")
    return "\n".join(lines) + "\n"


def _paired(gain: PairedValue | None) -> str:
    if gain is None:
        return "-"
    shown = _gain(MetricValue(value=gain.value, low=gain.low, high=gain.high))
    return shown if gain.p_holm is None else f"{shown} p {gain.p_holm:.2g}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


def _gain(gain: MetricValue) -> str:
    if gain.value is None:
        return "-"
    interval = (
        "" if gain.low is None else f" [{100 * gain.low:+.1f}, {100 * (gain.high or 0):+.1f}]"
    )
    return f"{100 * gain.value:+.1f}{interval}"
