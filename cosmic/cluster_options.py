"""Where the tasks of a run are carried out: its options' types and texts, which `cosmic.settings` gives names and defaults.

Reaches no cluster (`flows.cluster` does).
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

_ADDRESS: Final = re.compile(r"(?:tcp|tls)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})")


def place_of(address: str) -> tuple[str, int]:
    """Return host and port of a scheduler's address.

    Raises
    ------
    ValueError
        If the text is no such address.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found[2]) < 65_536:
        raise ValueError("it takes the address of a Dask scheduler, such as tcp://host:8786")
    return found[1].strip("[]"), int(found[2])


def unspread(runner: str, address: str | None) -> str | None:
    """Return why a runner and an address do not fit; None where they do."""
    if runner == "dask" and address is None:
        return (
            "--runner dask (COSMIC_RUNNER) needs the scheduler: name it with --dask-address tcp://HOST:8786. "
            "`dask scheduler` starts one and says its address"
        )
    if runner != "dask" and address is not None:
        return "--dask-address (COSMIC_DASK_ADDRESS) is for --runner dask, not local; leave one of them out"
    return None


def _address(text: str) -> str:
    place_of(text)
    return text


Runner = Annotated[
    Literal["local", "dask"],
    Field(
        description="Where tasks are carried out: here, or on a Dask cluster that shares the home (needs the extra dask; "
        "docs/scaling.md).",
        json_schema_extra={"metavar": "local|dask"},
    ),
]
DaskAddress = Annotated[
    Annotated[str, AfterValidator(_address)] | None,
    Field(
        description="The scheduler of that cluster, such as tcp://host:8786.",
        json_schema_extra={"metavar": "URL"},
    ),
]
