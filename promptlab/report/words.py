"""What a record says, in plain sentences.

Every number comes with what it is compared to; an undefined one is said to be undefined, and why.
"""

from collections.abc import Mapping, Sequence

from promptlab.plots import metric_label
from promptlab.report.tables import NO_REASON, percent
from promptlab.results import MetricValue, ResultTable, RunRecord

__all__ = [
    "duration",
    "in_percent",
    "listing",
    "plural",
    "summarise_run",
]

HEADLINE = "image_auroc"


def summarise_run(record: RunRecord) -> str:
    """Say in one paragraph what was judged, with what, and how well beside the baseline."""
    return " ".join([_subject(record), *_outcome(record), *_doubts(record)])


def duration(seconds: float) -> str:
    """Return a time span for people.

    >>> duration(0.0421), duration(7.25), duration(754.0), duration(7300.0)
    ('42 ms', '7.2 s', '12 min 34 s', '2 h 1 min')
    """
    if seconds < 0.9995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def listing(names: Sequence[str], *, longest: int = 4) -> str:
    """Return names as a phrase, shortened when there are many.

    >>> listing(["a", "b", "c"]), listing(list("abcdef"))
    ('a, b and c', 'a, b, c and 3 more')
    """
    if len(names) > longest:
        names = [*names[: longest - 1], f"{len(names) - longest + 1} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def in_percent(value: float) -> str:
    """Return a fraction in percent, with the sign."""
    return f"{percent(value)}\u00a0%"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun.

    >>> plural(1, "image"), plural(3, "category")
    ('1 image', '3 categories')
    """
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"


def _subject(record: RunRecord) -> str:
    results = record.results.categories.values()
    normal, abnormal = (sum(getattr(one, f"n_{s}") for one in results) for s in _STATES)
    sources = list(dict.fromkeys(s for one in record.prompts.values() for s in one.sources))
    scorer, aligner = (_name_in(record.config, part) for part in ("scorer", "aligner"))
    written = f" from {listing(sources)}" if sources else ""
    return (
        f"{record.label} judged {plural(normal + abnormal, 'image')} ({normal:,} normal, "
        f"{abnormal:,} abnormal) in {plural(len(record.results.categories), 'category')} of "
        f"{record.dataset.name}, with the backbone {record.backbone.name}, "
        f"{_prompt_counts(record)}{written}, the scorer {scorer} and the aligner {aligner}."
    )


def _prompt_counts(record: RunRecord) -> str:
    counts = []
    for state in _STATES:
        numbers = sorted({getattr(one, f"n_{state}") for one in record.prompts.values()})
        span = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else "".join(map(str, numbers))
        counts.append(f"{span or 'no'} {state}")
    each = " per category" if len(record.prompts) > 1 else ""
    return f"{' and '.join(counts)} prompts{each}"


def _outcome(record: RunRecord) -> list[str]:
    """Say the headline metric, its best and weakest category, and the baseline's."""
    label = metric_label(HEADLINE)
    value, baseline = (table.mean.get(HEADLINE) for table in (record.results, record.baseline))
    per_category = _defined(record.results)
    if value is None or not per_category:
        return [f"Its {label} is undefined: {listing(_reasons(record.results, HEADLINE))}."]
    ranked = sorted(per_category, key=lambda name: -(per_category[name].value or 0.0))
    first, last = ranked[0], ranked[-1]
    if len(ranked) == 1:
        sentences = [f"Its {label} is {_said(per_category[first])} for {first}."]
    else:
        sentences = [
            f"Its mean {label} is {in_percent(value)}: best for {first} with "
            f"{_said(per_category[first])}, weakest for {last} with {_said(per_category[last])}."
        ]
    if record.baseline == record.results:
        return [*sentences, "The run is WinCLIP's baseline itself."]
    if baseline is None:
        return [*sentences, "WinCLIP's baseline is undefined on the same images."]
    beside = in_percent(baseline)
    if len(ranked) == 1 and first in (compared := _defined(record.baseline)):
        beside = _said(compared[first])
    return [
        *sentences,
        f"WinCLIP's prompt ensemble with the mean scorer has {beside} on the same images, "
        f"{_difference(value - baseline)}.",
    ]


def _doubts(record: RunRecord) -> list[str]:
    """Say where a difference may be chance, and what could not be computed."""
    sentences = []
    if record.gain is not None and _has_interval(record.gain.mean):
        gain = record.gain.mean
        low, high = gain.low or 0.0, gain.high or 0.0
        verdict = ": the difference may be chance" if low <= 0 <= high else ""
        sentences.append(
            f"The paired 95 % interval of the gain is {100 * low:+.1f} to {100 * high:+.1f} points"
            f"{verdict}."
        )
    undefined: dict[str, list[str]] = {}
    for name, mean in record.results.mean.items():
        if mean is None and name != HEADLINE:
            reason = listing(_reasons(record.results, name))
            undefined.setdefault(reason, []).append(metric_label(name))
    for reason, labels in undefined.items():
        verb = "is" if len(labels) == 1 else "are"
        sentences.append(f"Undefined {verb} {listing(labels, longest=8)}: {reason}.")
    return sentences


def _defined(table: ResultTable) -> dict[str, MetricValue]:
    values = {name: one.metrics.get(HEADLINE) for name, one in table.categories.items()}
    return {name: v for name, v in values.items() if v is not None and v.value is not None}


def _reasons(table: ResultTable, name: str) -> list[str]:
    values = (one.metrics.get(name) for one in table.categories.values())
    reasons = dict.fromkeys(value.reason for value in values if value is not None and value.reason)
    return [reason.rstrip(".") for reason in reasons] or [NO_REASON]


def _said(value: MetricValue) -> str:
    if value.value is None:
        return "no value"
    if value.low is None or value.high is None:
        return in_percent(value.value)
    span = f"{percent(value.low)} to {in_percent(value.high)}"
    return f"{in_percent(value.value)} (95\u00a0% interval {span})"


def _difference(gain: float) -> str:
    points = abs(100 * gain)
    if points < 0.05:
        return "the same to one decimal"
    return f"{points:.1f} points {'less' if gain > 0 else 'more'}"


def _has_interval(value: MetricValue) -> bool:
    return value.low is not None and value.high is not None


def _name_in(config: Mapping[str, object], part: str) -> str:
    section = config.get(part)
    return str(section.get("name", "?")) if isinstance(section, Mapping) else "?"


_STATES = ("normal", "abnormal")
