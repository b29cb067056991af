"""facts.json and its arrays on disk: same facts, same bytes. Never interprets a figure."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue, ValidationError

from cosmic import array_files, artefacts
from cosmic.errors import ArtefactCorrupt
from cosmic.facts import ArrayFile, Block, Facts

SIGNIFICANT_DIGITS = 6


def facts_json(facts: Block) -> str:
    """Return the text of facts.json, or of another file of facts: sorted names, floats to six significant digits, newline at the end."""
    return json.dumps(_rounded(facts.model_dump(mode="json")), sort_keys=True, indent=1, allow_nan=False) + "\n"


def write_facts(facts: Facts, folder: Path) -> Path:
    """Write facts.json into `folder`, whole or not at all, and return its path."""
    return write_whole(folder / "facts.json", facts_json(facts).encode())


def read_facts(path: Path) -> Facts:
    """Return the facts of a facts.json.

    Raises
    ------
    ArtefactCorrupt
        If the file is missing, is no JSON, or holds names or values that schema_version 1 does not know.
    """
    try:
        return Facts.model_validate_json(path.read_bytes())
    except OSError as exc:
        raise ArtefactCorrupt(f"{path} cannot be read ({exc.strerror}). Run the pipeline again to make it.") from exc
    except ValidationError as exc:
        first = exc.errors(include_url=False)[:5]
        where = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in first)
        raise ArtefactCorrupt(
            f"{path} is not a facts.json of schema_version 1 ({exc.error_count()} problems): {where}. "
            "Run the pipeline again with this version to make it."
        ) from exc


def facts_equal(a: Facts | Path, b: Facts | Path) -> list[str]:
    """Return the paths at which two facts differ, sorted; an empty list means that the runs are equal.

    `run`, `machine`, every name that ends in ``_s`` and `peak_mb` are set aside. Values are compared as they are
    written, to six significant digits. A path reads ``results[3].test.f1``.
    """
    one, other = (_comparable(_document(each)) for each in (a, b))
    return sorted(path for path in one.keys() | other.keys() if one.get(path, _ABSENT) != other.get(path, _ABSENT))


def leaves(value: JsonValue, path: str = "") -> dict[str, JsonValue]:
    """Return every scalar, empty list and empty object of a JSON document by its path."""
    if isinstance(value, dict) and value:
        return {k: v for name, sub in value.items() for k, v in leaves(sub, child(path, name)).items()}
    if isinstance(value, list) and value:
        return {k: v for i, sub in enumerate(value) for k, v in leaves(sub, f"{path}[{i}]").items()}
    return {path: value}


def child(path: str, name: str) -> str:
    """Return the path of a member; a name with a dot or a bracket in it is quoted."""
    if re.fullmatch(r"[^.\[\]\"]+", name):
        return f"{path}.{name}" if path else name
    return f"{path}[{json.dumps(name)}]"


def write_array(array: NDArray[np.int64], folder: Path) -> ArrayFile:
    """Write an array beside facts.json under the sha256 of its bytes, and return how to find it.

    Parameters
    ----------
    array : numpy.ndarray
        Of int64; the sky map's have shape (cells, 2): HEALPix cell and number of objects.
    folder : Path
        The folder of facts.json.
    """
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array, dtype="<i8"), allow_pickle=False)
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    path = folder / f"{digest}.npy"
    if not path.exists():
        write_whole(path, buffer.getvalue())
    return ArrayFile(file=path.name, sha256=digest, rows=len(array))


def read_array(ref: ArrayFile, folder: Path) -> NDArray[np.int64]:
    """Return the array that `ref` names.

    Raises
    ------
    ArtefactCorrupt
        If its file is missing or its bytes have changed.
    """
    path = folder / ref.file
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise ArtefactCorrupt(f"{path}, an array of the report, cannot be read. Run the pipeline again.") from exc
    if hashlib.sha256(content).hexdigest() != ref.sha256:
        raise ArtefactCorrupt(f"{path} has changed since it was written. Delete it and run the pipeline again.")
    loaded: NDArray[np.int64] = array_files.load(io.BytesIO(content))
    return loaded


def count_cells(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (cell, number of objects) for each distinct cell, ascending: shape (cells, 2)."""
    return np.stack(np.unique(np.asarray(cells, dtype=np.int64), return_counts=True), axis=1).astype(np.int64)


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all, and return its path."""
    return artefacts.write(path, lambda part: part.write_bytes(content), sealed=False)


_ABSENT = object()


def _document(facts: Facts | Path) -> JsonValue:
    loaded: JsonValue = json.loads(facts_json(read_facts(facts) if isinstance(facts, Path) else facts))
    return loaded


def _comparable(document: JsonValue) -> dict[str, JsonValue]:
    kept = {k: v for k, v in document.items() if k not in ("run", "machine")} if isinstance(document, dict) else {}
    return {path: value for path, value in leaves(kept).items() if not _timing(path)}


def _timing(path: str) -> bool:
    name = re.split(r"[.\[]", path)[-1]
    return name.endswith("_s") or name == "peak_mb"


def _rounded(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {name: _rounded(sub) for name, sub in value.items()}
    if isinstance(value, list):
        return [_rounded(sub) for sub in value]
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}") + 0.0  # -0.0 becomes 0.0
    return value
