"""A small contract of its own, so that these tests depend on no survey table, and pages that keep or break it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from cosmic.contracts import VALUE, Among, Between, Implied, NotAmong, Present, Shape, Suite, Unique, Where

PageMaker = Callable[..., pa.Table]
CellMaker = Callable[..., pa.Table]


@pytest.fixture(scope="session")
def suite() -> Suite:
    """Rules with one of each kind. Its columns are some of those that object keys are made of."""
    return Suite(
        name="small",
        key="object_key",
        types=(
            ("spec_obj_id", "string"), ("plate", "int64"), ("mjd", "int64"), ("fiberid", "int64"), ("u", "double"),
            ("g", "double"), ("r", "double"), ("i", "double"), ("z", "double"), ("class", "string"),
            ("subclass", "string"), ("redshift", "double"),
        ),
        required=("u", "class"),
        rows=(
            Between("plate", 1, 9999),
            Present("u"),
            NotAmong("u", (-9999.0, 9999.0)),
            Between("u", 1, 40, unit="mag"),
            Present("class"),
            Among("class", ("GALAXY", "STAR")),
            Among("subclass", ("K1", "M2"), says=f"subclass: {VALUE} is not known for STAR", where=Where("class", ("STAR",))),
            Between("redshift", hi=9),
            Between("redshift", -0.01, 0.01, says="redshift: does not fit STAR", where=Where("class", ("STAR",))),
            Unique("object_key"),
        ),
        implied=(Implied("class", "STAR", by="subclass", among=("K1", "M2")),),
        shape=Shape(
            medians=(Between("u", 8, 27), Between("g", 8, 27)),
            differences=(("u", "g"),),
            loci=((0.0,), (2.0,)),
            shares=("class",),
            sentinels=(-9999.0, 9999.0),
        ),
    )  # fmt: skip


@pytest.fixture(scope="session")
def page() -> PageMaker:
    """Rows that keep the contract; columns given by name replace theirs, and None leaves one out."""

    def make(rows: int = 6, **columns: list[object] | pa.Array | None) -> pa.Table:
        brightness = 18 + np.arange(rows) % 97 / 50
        values: dict[str, object] = {
            "row_number": pa.array(range(1, rows + 1), pa.int64()),
            "spec_obj_id": pa.array([str(299489676975171584 + place) for place in range(rows)], pa.string()),
            **{band: pa.array(brightness - place) for place, band in enumerate("ugriz")},
            "class": pa.array([("GALAXY", "STAR")[place % 2] for place in range(rows)], pa.string()),
            "subclass": pa.array([(None, "K1")[place % 2] for place in range(rows)], pa.string()),
            "redshift": pa.array([(0.1, 0.001)[place % 2] for place in range(rows)]),
        }
        return pa.table({name: value for name, value in {**values, **columns}.items() if value is not None})

    return make


@pytest.fixture(scope="session")
def cells() -> CellMaker:
    """Uncastable cells as (row number, column, value)."""

    def make(*broken: tuple[int, str, str]) -> pa.Table:
        schema = pa.schema([("row_number", pa.int64()), ("column", pa.string()), ("value", pa.string())])
        return pa.Table.from_pylist(
            [{"row_number": number, "column": column, "value": value} for number, column, value in broken],
            schema=schema,
        )

    return make
