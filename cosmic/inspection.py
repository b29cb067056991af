"""What a file holds, what its columns are taken for, what it can serve and what would be refused. Writes nothing.

`cosmic.inspection_facts` says what is known; `cosmic.inspection_view` shows it to people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cosmic.arms import has_arm
from cosmic.columns import BANDS, BY_NAME, CLASSES, EXTRAGALACTIC_SUBCLASSES, NO_SUBCLASS, OBJECT_COLUMNS
from cosmic.features import NotRun, Recipe, build, choose
from cosmic.inspection_facts import ColumnFacts, Inspection, LabelFacts, LeftOutColumn, Service, UnusedColumn, Words
from cosmic.inspection_verdict import Judge
from cosmic.labels import ORDER, Labels, label
from cosmic.matching import at_most
from cosmic.objects import object_keys
from cosmic.records import TABLE_TASKS, Arm, MagnitudeSystem, Task
from cosmic.sources.base import Overrides, ParsedPage
from cosmic.sources.files import check_paths
from cosmic.sources.formats import open_table
from cosmic.sources.mapping import accepted_names, map_columns, missing_labels
from cosmic.sources.parsing import parse_table
from cosmic.vocabularies import STAR_SUBCLASSES

_KEYS: Final = {"spec": "spec_obj_id", "pmf": "plate-mjd-fiberid", "row": "the five magnitudes"}
"""Kinds of `cosmic.objects.object_keys`, best first, in words."""
_NO_LABEL: Final = "no row has a label for it"
_TOP: Final = 10
_EXAMPLES: Final = 3


def inspect_file(path: Path, *, columns: Overrides = (), judge: Judge | None = None, class_size: int = 1) -> Inspection:
    """Return what a file holds and what it is good for.

    Parameters
    ----------
    path : Path
        CSV, FITS, Parquet or VOTable, gzipped or not.
    columns : tuple of (str, str)
        Overrides of the alias table.
    judge : callable, optional
        Says what a contract would set aside; without it, `verdict` is None.
    class_size : int
        Classes with fewer rows would be dropped.

    Raises
    ------
    PermanentSourceError, SuspiciousResponse, ConfigError
        As `cosmic.sources.parsing.parse_table`, and if the file is missing.
    """
    check_paths([path])
    table = open_table(path)
    mapped = map_columns(table.names, columns, file=str(path))
    parsed = parse_table(path, columns=columns)
    how = {use.canonical: use.how for use in mapped.uses}
    lines = parsed.uncastable.filter(pc.equal(parsed.uncastable["column"], ""))
    unlabelled = missing_labels(mapped, file=str(path))
    judged = None if judge is None else judge(parsed)
    # rows without any label are quarantined, and can be classified all the same
    served = parsed.rows if judged is None or unlabelled else judged.valid
    return Inspection(
        path=str(path),
        overrides=tuple(columns),
        format=table.format,
        size=path.stat().st_size,
        rows=parsed.rows.num_rows,
        broken_lines=tuple(f"row {n}: {why}: {text}" for n, text, why in _cells(lines)),
        n_broken_lines=lines.num_rows,
        columns=tuple(_column_facts(name, parsed, how[name]) for name in parsed.mapping),
        left_out=tuple(LeftOutColumn(name, str(mapped.of(name)), why) for name, why in parsed.left_out.items()),
        partly=parsed.partly,
        unused=_unused(parsed),
        recognised_by=_recognised_by(parsed.rows),
        system=parsed.system,
        unit=parsed.unit,
        system_reason=mapped.system_reason,
        unit_reason=parsed.unit_reason.removeprefix(f"{mapped.system_reason}; "),
        labels=None if unlabelled else _label_facts(parsed),
        no_labels=str(unlabelled) if unlabelled else None,
        services=_services(served, parsed.system, class_size),
        class_size=class_size,
        verdict=judged.verdict if judged else None,
    )


def _cells(uncastable: pa.Table) -> list[tuple[int, str, str]]:
    shown = uncastable.slice(0, _EXAMPLES).to_pylist()
    return [(cell["row_number"], str(cell["value"])[:60], cell["reason"]) for cell in shown]


def _column_facts(name: str, parsed: ParsedPage, how: str) -> ColumnFacts:
    column, values = BY_NAME[name], parsed.rows[name]
    failed = parsed.uncastable.filter(pc.equal(parsed.uncastable["column"], name))
    valid = len(values) - values.null_count
    if column.required:
        marks = _count(_is_sentinel(values, column.sentinels))
        valid -= marks
    else:
        marks = parsed.nulled.get(name, 0)
    return ColumnFacts(
        canonical=name,
        column=parsed.mapping[name],
        how=how,
        unit=column.unit,
        required=column.required,
        values=valid,
        empty=len(values) - valid - marks - failed.num_rows,
        sentinels=marks,
        uncastable=failed.num_rows,
        examples=tuple(f"{text} in row {number} ({reason})" for number, text, reason in _cells(failed)),
    )


def _unused(parsed: ParsedPage) -> tuple[UnusedColumn, ...]:
    present = {*parsed.rows.column_names, *parsed.left_out}
    absent = [column.name for column in OBJECT_COLUMNS if column.name not in present]
    names = {alias: canonical for canonical in absent for alias in accepted_names(canonical)}
    found = []
    for column in parsed.unmapped:
        close = get_close_matches(column.lower(), names, n=2, cutoff=0.86)
        found.append(UnusedColumn(column, tuple(dict.fromkeys(names[alias] for alias in close))))
    return tuple(found)


def _recognised_by(rows: pa.Table) -> dict[str, int]:
    kinds = _counts(pc.list_element(pc.split_pattern(object_keys(rows), ":"), 0))
    return {text: kinds[kind] for kind, text in _KEYS.items() if kind in kinds}


def _label_facts(parsed: ParsedPage) -> LabelFacts:
    rows = parsed.rows
    subclasses = _counts(rows["subclass"]) if "subclass" in rows.column_names else {}
    classes = _counts(rows["class"])
    letters, galaxies, spectral = (label(rows, task) for task in (Task.STAR, Task.GALAXY, Task.GALAXY_SPECTRAL))
    known = {*STAR_SUBCLASSES, *EXTRAGALACTIC_SUBCLASSES, NO_SUBCLASS, ""}
    return LabelFacts(
        classes={name: count for name, count in classes.items() if name in (*CLASSES, "")},
        implied=0 if "class" in parsed.mapping else classes.get("STAR", 0),
        subclasses=_words(subclasses),
        unknown_classes=_words({name: count for name, count in classes.items() if name not in (*CLASSES, "")}),
        unknown_subclasses=_words({name: count for name, count in subclasses.items() if name not in known}),
        letters=_in_order(letters, Task.STAR),
        without_letter=letters.excluded,
        galaxies=_in_order(galaxies, Task.GALAXY),
        without_galaxy_label=galaxies.excluded,
        spectral=_in_order(spectral, Task.GALAXY_SPECTRAL),
        without_spectral=spectral.excluded,
    )


def _services(rows: pa.Table, system: MagnitudeSystem, class_size: int) -> tuple[Service, ...]:
    measured = _without_sentinels(rows)
    return tuple(service for task in TABLE_TASKS for service in _task(measured, task, system, class_size))


def _task(rows: pa.Table, task: Task, system: MagnitudeSystem, class_size: int) -> Iterator[Service]:
    labels = label(rows, task)
    counts = _in_order(labels, task)
    small = {name: count for name, count in counts.items() if count < class_size}
    kept = [name for name in counts if name not in small]
    lacking = None if len(kept) > 1 else _why_no_classes(rows, task, counts, class_size)
    wanted = pa.array(kept if len(kept) > 1 else list(counts), pa.string())
    usable = rows.filter(pc.is_in(labels.values, value_set=wanted)) if counts else rows
    for arm in (one for one in Arm if has_arm(task, one)):
        recipe = choose(usable, task=task, arm=arm, system=system)
        complete = 0 if isinstance(recipe, NotRun) else _complete(usable, recipe)
        if len(counts) > 1 and isinstance(recipe, NotRun):  # smaller classes would not help
            yield Service(task, arm, 0, recipe.reason, small)
        elif lacking is None:
            yield Service(task, arm, complete, None if complete else "no row has all that it needs", small)
        else:
            unlabelled = complete and not counts and lacking == _NO_LABEL
            but_a_label = f"; {_n_rows(complete)} would serve if labelled" if unlabelled else ""
            yield Service(task, arm, 0, lacking + but_a_label, small)


def _complete(rows: pa.Table, recipe: Recipe) -> int:
    """Rows that an arm could take; where classes are matched in brightness, at most so many before a split."""
    found = build(rows, recipe)
    if recipe.arm is not Arm.MAGNITUDE_MATCHED:
        return int(found.complete.sum())
    codes = label(rows, recipe.task).values.dictionary_encode().indices.fill_null(-1).to_numpy()
    taken = found.complete & (codes >= 0)
    return at_most(found.values[taken, BANDS.index("r")], codes[taken])


def _why_no_classes(rows: pa.Table, task: Task, counts: Mapping[str, int], class_size: int) -> str:
    """Return why there are fewer than two classes of a task to tell apart."""
    if len(counts) > 1:
        second = sorted(counts.values())[-2]
        remedy = f"; --min-class-size {second} would keep two" if second > 1 else ""
        return f"fewer than two classes have {_n_rows(class_size)}{remedy}"
    if counts:
        return "only one class: " + ", ".join(f"{name}, {_n_rows(count)}" for name, count in counts.items())
    classes = _counts(rows["class"]) if "class" in rows.column_names else {"": rows.num_rows}
    if task is Task.STAR and "" not in classes:
        return "no star has a subclass that gives a letter" if "STAR" in classes else "no row is a STAR"
    if task in (Task.GALAXY, Task.GALAXY_SPECTRAL) and "" not in classes and "GALAXY" not in classes:
        return "no row is a GALAXY"
    return _NO_LABEL


def _without_sentinels(rows: pa.Table) -> pa.Table:
    """Return the rows as the arms will see them: a magnitude of -9999 is no magnitude."""
    for band in BANDS:
        index = rows.column_names.index(band)
        marks = _is_sentinel(rows[band], BY_NAME[band].sentinels)
        rows = rows.set_column(index, rows.field(index), pc.if_else(marks, None, rows[band]))
    return rows


def _is_sentinel(values: pa.ChunkedArray, sentinels: tuple[float, ...]) -> pa.ChunkedArray:
    return pc.is_in(values, value_set=pa.array(sentinels, values.type))


def _in_order(labels: Labels, task: Task) -> dict[str, int]:
    counts = _counts(labels.values)
    return {name: counts[name] for name in ORDER[task] if name in counts}


def _counts(values: pa.Array | pa.ChunkedArray) -> dict[str, int]:
    """Return how often each text occurs, most frequent first; nulls as ""."""
    found = ((cell["values"] or "", cell["counts"]) for cell in pc.value_counts(values).to_pylist())
    return dict(sorted(found, key=lambda pair: (-pair[1], pair[0])))


def _count(mask: pa.ChunkedArray) -> int:
    return int(pc.sum(mask).as_py() or 0)


def _words(counts: Mapping[str, int]) -> Words:
    return Words(dict(list(counts.items())[:_TOP]), len(counts))


def _n_rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"
