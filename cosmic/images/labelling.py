"""From decoded images to labelled ones: labels of a scheme, classes that are kept, parts of the split. Trains nothing."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cosmic import artefacts
from cosmic.errors import ArtefactCorrupt
from cosmic.facts import LabelFacts, Part, Portion
from cosmic.galaxyzoo.grammar import ARTEFACT_STRING, LABELS, build_strings, study_labels
from cosmic.galaxyzoo.soft import soft_labels
from cosmic.galaxyzoo.votes import fraction_array
from cosmic.images import pixels as decoded
from cosmic.images.data import LabelledImages
from cosmic.images.records import ImageData, Pixels, Scheme
from cosmic.images.rules import CLEAN, clean5
from cosmic.records import SplitName, Task
from cosmic.splits import PARTS, parts, random_parts

ORDER: Final = {Scheme.HUBBLE14: LABELS, Scheme.VOTES: LABELS, Scheme.CLEAN5: CLEAN}
_FEWEST: Final = 2
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Labels of n images: text or null, how they came about, who has none by reason, and probabilities, shape (n, k)."""

    values: pa.Array
    order: tuple[str, ...]
    rule: str
    excluded: dict[str, int] = field(default_factory=dict)
    soft: NDArray[np.float64] | None = None


def usable_schemes(rows: pa.Table) -> tuple[Scheme, ...]:
    """Return the schemes that some images have labels for, the one that is taken by default first."""
    found = []
    if pc.any(pc.is_valid(rows["gz2_class"])).as_py():
        found.append(Scheme.HUBBLE14)
    if _named_clean5(rows):
        found.append(Scheme.CLEAN5)
    if pc.any(pc.is_valid(rows["label"])).as_py():
        found.append(Scheme.GIVEN)
    if pc.any(pc.is_valid(rows["fractions"])).as_py():
        found += [Scheme.VOTES, *(() if Scheme.CLEAN5 in found else (Scheme.CLEAN5,))]
    return tuple(found)


def label(
    pixels: Pixels,
    *,
    scheme: Scheme | None,
    min_class_size: int,
    split: SplitName,
    salt: str,
    seed: int,
    folder: Path,
) -> ImageData:
    """Return the labelled images of a scheme, written to `folder` under a digest of what they are, or why there are none.

    Every image of a galaxy, and of galaxies that share a picture, is in one part. The part of a galaxy never changes as others
    come: it follows from its block alone (`cosmic.splits`); where the split is random, it does change.

    Parameters
    ----------
    scheme : Scheme or None
        None takes what the labels are.
    min_class_size : int
        Classes with fewer images are dropped.
    """
    rows = decoded.read_rows(pixels)
    usable = usable_schemes(rows)
    if scheme is None:
        scheme = usable[0] if usable else Scheme.GIVEN
    if scheme not in usable:
        why = f"these images have labels for {', '.join(usable)} alone" if usable else "no image has a label"
        return ImageData("", None, pixels, scheme, split, not_run=why)
    labels = labels_of(rows, scheme)
    sizes = Counter(labels.values.drop_null().to_pylist())
    names = tuple(name for name in labels.order if sizes[name] >= max(1, min_class_size))
    dropped = {name: sizes[name] for name in labels.order if 0 < sizes[name] < min_class_size}
    if len(names) < _FEWEST:
        largest = ", ".join(f"{name} {n}" for name, n in sizes.most_common(3))
        why = f"fewer than two classes have {min_class_size} images ({largest or 'no image has a label'})"
        return ImageData("", None, pixels, scheme, split, dropped=dropped, not_run=why)
    place = pc.index_in(labels.values, value_set=pa.array(names))
    kept = pc.is_valid(place)
    keep = kept.to_numpy(zero_copy_only=False)
    side = _parts(rows, split=split, salt=salt, seed=seed)[keep]
    codes = place.drop_null().to_numpy().astype(np.int64)
    if lacking := [part for code, part in enumerate(PARTS) if not (side == code).any()]:
        why = f"no image falls into the {lacking[0]} part: too few galaxies"
        return ImageData("", None, pixels, scheme, split, names, dropped, not_run=why)
    table = rows.filter(kept)
    table = table.append_column("code", pa.array(codes)).append_column("part", pa.array(side))
    if labels.soft is not None:
        table = table.append_column("soft", _soft(labels, names, keep))
    facts = LabelFacts(
        task=Task.GALAXY_IMAGE,
        rule=labels.rule,
        min_class_size=min_class_size,
        parts={name: _portions(side[codes == code]) for code, name in enumerate(names)},
        excluded=labels.excluded,
        notes=tuple(
            f"no {part} image of {name}"
            for code, name in enumerate(names)
            for at, part in enumerate(PARTS)
            if not (side[codes == code] == at).any()
        ),
    )
    told = {"names": json.dumps(names), "facts": facts.model_dump_json(), "dropped": json.dumps(dropped)}
    key = hashlib.sha256(json.dumps([pixels.id, scheme, split, told]).encode())
    for column in ("place", "code", "part", "soft"):
        if column in table.column_names:
            values = table[column].combine_chunks()
            flat = values.flatten() if column == "soft" else values
            key.update(np.ascontiguousarray(flat.to_numpy(zero_copy_only=False)).tobytes())
    path = folder / f"labelled-{key.hexdigest()[:32]}.parquet"
    table = table.replace_schema_metadata(told)
    if not artefacts.intact(path):
        artefacts.write(path, lambda part: pq.write_table(table, part, compression="zstd"))
    _log.info(
        "%d images of %d classes labelled by %s, %d dropped", table.num_rows, len(names), scheme, sum(dropped.values())
    )
    return ImageData(path.stem, path, pixels, scheme, split, names, dropped)


def only(data: ImageData, keep: NDArray[np.bool_], *, folder: Path) -> ImageData:
    """Return labelled images without some of them, shape (n,); those themselves where all are kept."""
    if keep.all():
        return data
    table = _table(data).filter(pa.array(keep))
    key = hashlib.sha256(json.dumps([data.id, np.flatnonzero(~keep).tolist()]).encode())
    path = folder / f"labelled-{key.hexdigest()[:32]}.parquet"
    if not artefacts.intact(path):
        artefacts.write(path, lambda part: pq.write_table(table, part, compression="zstd"))
    return replace(data, id=path.stem, path=path)


def labels_of(rows: pa.Table, scheme: Scheme) -> Labels:
    """Return the label of each image by a scheme that is among `usable_schemes`."""
    return _RULES[scheme](rows)


def load(data: ImageData, pixels: Pixels | None = None) -> LabelledImages:
    """Return labelled images, read through a memory map.

    Parameters
    ----------
    pixels : Pixels, optional
        The same images at another size or crop.

    Raises
    ------
    ArtefactCorrupt
        If a file is missing or changed, or the other pixels lack an image.
    """
    table = _table(data)
    other = pixels or data.pixels
    places = table["place"]
    if other.path != data.pixels.path:
        rows = decoded.read_rows(other)
        at = pc.index_in(table["sha256"], value_set=rows["sha256"].combine_chunks())
        if at.null_count:
            raise ArtefactCorrupt(
                f"{other.path} lacks {at.null_count} of the images of {data.path}: it was made of other images, or at this size "
                "and crop some are blank or equal. Make both of the same list, and label those of the smaller size."
            )
        places = rows["place"].take(at.combine_chunks())
    soft = None
    if "soft" in table.column_names:
        soft = np.asarray(table["soft"].combine_chunks().flatten().to_numpy(), np.float32).reshape(table.num_rows, -1)
    return LabelledImages(
        pixels=decoded.load(other),
        rows=places.to_numpy(),
        codes=table["code"].to_numpy(),
        part=table["part"].to_numpy(),
        names=data.names,
        table=table.drop_columns([name for name in ("code", "part", "soft") if name in table.column_names]),
        soft=soft,
    )


def facts_of(data: ImageData) -> LabelFacts:
    """Return how the labels came about, with the images of each class in each part."""
    return LabelFacts.model_validate_json(_table(data).schema.metadata[b"facts"])


def _table(data: ImageData) -> pa.Table:
    if data.path is None:
        raise ValueError(f"there are no labelled images: {data.not_run}")
    return pq.read_table(artefacts.check(data.path))


def _hubble14(rows: pa.Table) -> Labels:
    found = study_labels(rows["gz2_class"])
    excluded = {"artefact": found.artefacts, "no gz2_class": rows["gz2_class"].null_count}
    excluded |= {f"unknown {text}": n for text, n in found.unknown.items()}
    rule = "the study's label of gz2_class: letters of the published string, Ei as Ee, artefacts left out"
    return Labels(found.values, LABELS, rule, {reason: n for reason, n in excluded.items() if n})


def _clean5(rows: pa.Table) -> Labels:
    given = rows["label"].combine_chunks()
    if _named_clean5(rows):
        values = given
        rule = "the five clean classes of the literature, as the table has them"
    else:
        codes = clean5(fraction_array(rows, "fractions"))
        values = pa.array(CLEAN).take(pa.array(codes, mask=codes < 0))
        rule = (
            "the five clean classes of the literature: fractions of votes above the thresholds of Willett et al. (2013)"
        )
    why = "no label" if _named_clean5(rows) else "volunteers not sure enough"
    excluded = {why: values.null_count} if values.null_count else {}
    return Labels(values, CLEAN, rule, excluded)


def _named_clean5(rows: pa.Table) -> bool:
    """Return whether the table's labels are the five clean classes, or some of them, and nothing else."""
    given = set(pc.unique(rows["label"].drop_null()).to_pylist())
    return bool(given) and given <= set(CLEAN)


def _votes(rows: pa.Table) -> Labels:
    fractions = fraction_array(rows, "fractions")
    found = soft_labels(fractions)
    likeliest = found.likeliest
    artefact = pc.fill_null(pc.equal(build_strings(fractions), ARTEFACT_STRING), False)
    excluded = {"no votes": likeliest.null_count, "artefact": pc.sum(artefact).as_py() or 0}
    rule = "the likeliest of the study's labels by the volunteers' votes; networks learn all probabilities"
    return Labels(
        pc.if_else(artefact, pa.scalar(None, pa.string()), likeliest),
        LABELS,
        rule,
        {reason: n for reason, n in excluded.items() if n},
        soft=found.probability,
    )


def _given(rows: pa.Table) -> Labels:
    values = rows["label"].combine_chunks()
    order = tuple(sorted(pc.unique(values.drop_null()).to_pylist()))
    return Labels(
        values,
        order,
        "the label of the table as it stands",
        {"no label": values.null_count} if values.null_count else {},
    )


_RULES: Final[dict[Scheme, Callable[[pa.Table], Labels]]] = {
    Scheme.HUBBLE14: _hubble14,
    Scheme.CLEAN5: _clean5,
    Scheme.VOTES: _votes,
    Scheme.GIVEN: _given,
}


def _parts(rows: pa.Table, *, split: SplitName, salt: str, seed: int) -> NDArray[np.int8]:
    if split is SplitName.SKY:
        named = parts(rows["block"].combine_chunks(), salt=salt)
    else:  # by kin, so that all images of a galaxy are in one part
        kin = rows["kin"].combine_chunks()
        once = pc.unique(kin)
        named = random_parts(once, seed=seed).take(pc.index_in(kin, value_set=once))
    codes: NDArray[np.int8] = pc.index_in(named, value_set=pa.array(PARTS)).to_numpy().astype(np.int8)
    return codes


def _soft(labels: Labels, names: tuple[str, ...], keep: NDArray[np.bool_]) -> pa.Array:
    """Return the probabilities of the classes that are kept, brought to a sum of 1, as a list column."""
    assert labels.soft is not None
    own = labels.soft[keep][:, [labels.order.index(name) for name in names]]
    share = (own / own.sum(axis=1, keepdims=True)).astype(np.float32)
    return pa.FixedSizeListArray.from_arrays(pa.array(share.reshape(-1)), len(names))


def _portions(side: NDArray[np.int8]) -> dict[Part, Portion]:
    return {
        part: Portion(n=int((side == code).sum()), share=float((side == code).mean()))
        for code, part in enumerate(PARTS)
    }
