"""Runs as one Markdown table, made from the records: what a README or an issue quotes."""

from collections.abc import Sequence

from promptlab.results import MetricValue, RunRecord

__all__ = ["markdown_table"]

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


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


def _gain(gain: MetricValue) -> str:
    if gain.value is None:
        return "-"
    interval = (
        "" if gain.low is None else f" [{100 * gain.low:+.1f}, {100 * (gain.high or 0):+.1f}]"
    )
    return f"{100 * gain.value:+.1f}{interval}"
