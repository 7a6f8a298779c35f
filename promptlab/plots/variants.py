"""What tells runs apart, in words, and which runs are one variant on other images.

A variant is a configuration without its name, its images and how they were measured: the same
prompts, scorer, aligner and fusion on two data sets are one variant. A place is a category of one
data set. Knows records; draws nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePath
from typing import Any

from promptlab.errors import RecordError
from promptlab.plots.style import shorten
from promptlab.results import CategoryResult, RunRecord

__all__ = ["Variant", "arrange", "flat_settings", "name_runs", "one_data_set"]

_APART = ("name", "dataset", "metrics", "sweep")
_LONGEST = 48


@dataclass(frozen=True)
class Variant:
    """One configuration, and what it reached in each place it judged."""

    name: str
    records: tuple[RunRecord, ...]
    results: Mapping[str, CategoryResult]
    """Place -> result; a place is a category, with its data set where the name is not enough."""
    baseline: Mapping[str, CategoryResult]
    """The same for WinCLIP's ensemble on the same images, aligner and fusion."""


def arrange(records: Sequence[RunRecord]) -> tuple[Variant, ...]:
    """Group runs into variants, in order.

    Raises:
        RecordError: when there is no record.
    """
    if not records:
        raise RecordError("a comparison needs at least one record, but got none.")
    places = _name_places(records)
    groups: dict[tuple[object, ...], list[RunRecord]] = {}
    for record in records:
        settings = tuple(sorted((key, repr(value)) for key, value in flat_settings(record).items()))
        repeat = 0  # the same configuration twice on the same images: two variants
        while _judges_again(groups.get((*settings, repeat), []), record):
            repeat += 1
        groups.setdefault((*settings, repeat), []).append(record)
    members = list(groups.values())
    names = name_runs([group[0] for group in members])
    return tuple(
        Variant(
            name=name if len(members) > 1 else " / ".join(dict.fromkeys(r.name for r in group)),
            records=tuple(group),
            results={
                places[id(r), c]: one for r in group for c, one in r.results.categories.items()
            },
            baseline={
                places[id(r), c]: one for r in group for c, one in r.baseline.categories.items()
            },
        )
        for name, group in zip(names, members, strict=True)
    )


def name_runs(records: Sequence[RunRecord]) -> list[str]:
    """Name runs by the settings that differ, else by their own names; all names differ."""
    settings = [flat_settings(record) for record in records]
    varying = [
        key
        for key in dict.fromkeys(chain.from_iterable(settings))
        if len({repr(one.get(key)) for one in settings}) > 1
    ]
    names = [
        ", ".join(_said(key, one[key]) for key in varying if key in one) or record.label
        for one, record in zip(settings, records, strict=True)
    ]
    if len(set(names)) < len(names):
        names = [record.label for record in records]
    names = [shorten(name, _LONGEST) for name in names]
    return [
        name if names.count(name) == 1 else f"{name} #{nth}" for nth, name in enumerate(names, 1)
    ]


def flat_settings(record: RunRecord) -> dict[str, Any]:
    """Return dotted config key -> value of all that can tell one variant from another.

    The prompt sources are one value: their names joined by plus signs.
    """
    content = {key: value for key, value in record.config.items() if key not in _APART}
    return dict(_leaves(content, ""))


def one_data_set(records: Sequence[RunRecord], *, of: str) -> None:
    """Check that all runs judged the same categories of one data set.

    Raises:
        RecordError: when there is no record, or two runs judged different things.
    """
    if not records:
        raise RecordError(f"{of} needs at least one record, but got none.")
    seen = {(_data_set(record), tuple(sorted(record.results.categories))) for record in records}
    if len(seen) > 1:
        names = sorted({f"{_data_set_name(key)} ({', '.join(cats)})" for key, cats in seen})
        raise RecordError(
            f"{of} needs runs of the same images, but got runs of {'; '.join(names)}; "
            "draw one figure for each."
        )


def _leaves(node: Mapping[str, Any], prefix: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in node.items():
        path = f"{prefix}{key}"
        if path == "prompts.sources" and isinstance(value, list | tuple):
            found.append((path, " + ".join(_source(one) for one in value)))
        elif isinstance(value, Mapping):
            found.extend(_leaves(value, f"{path}."))
        else:
            found.append((path, value))
    return found


def _source(source: Mapping[str, Any]) -> str:
    name = str(source.get("llm") or source.get("name") or PurePath(str(source.get("path"))).name)
    return "/".join([name, *([str(source["template"])] if source.get("template") else [])])


def _said(key: str, value: object) -> str:
    """Say one setting: a name by itself, anything else with its key."""
    last = key.rpartition(".")[2]
    if last in ("name", "sources", "mode"):
        return str(value)
    words = last.replace("_", " ")
    if value is None:
        return f"{words} unset"
    if isinstance(value, bool):
        return words if value else f"not {words}"
    shown = "-".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"{words} {shown}"


def _data_set(record: RunRecord) -> tuple[str, str, object]:
    section = record.config.get("dataset")
    root = section.get("root") if isinstance(section, Mapping) else None
    return record.dataset.name, str(root or ""), record.dataset.limit


def _data_set_name(key: tuple[str, str, object]) -> str:
    name, root, limit = key
    return (PurePath(root).name or name) + ("" if limit is None else f", limit {limit}")


def _name_places(records: Sequence[RunRecord]) -> dict[tuple[int, str], str]:
    """Name the categories of each record: with the data set where two sets share a category."""
    where: dict[str, set[tuple[str, str, object]]] = {}
    for record in records:
        for category in record.results.categories:
            where.setdefault(category, set()).add(_data_set(record))
    return {
        (id(record), category): (
            category
            if len(where[category]) == 1
            else f"{category} ({_data_set_name(_data_set(record))})"
        )
        for record in records
        for category in {**record.results.categories, **record.baseline.categories}
    }


def _judges_again(group: Sequence[RunRecord], record: RunRecord) -> bool:
    return any(
        _data_set(one) == _data_set(record)
        and not {*one.results.categories}.isdisjoint(record.results.categories)
        for one in group
    )
