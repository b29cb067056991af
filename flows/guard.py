"""Refuses to run on somebody else's package called `cosmic`. Imports nothing of it but its name and place."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DISTRIBUTION = "cosmic-retrain"


def refuse_foreign_cosmic() -> None:
    """Raise ImportError if the `cosmic` on the path is another package of that name, such as cosmic-popsynth.

    A folder that is only called so, such as a clone of this project seen from the folder above it, can hide the
    package too.
    """
    spec = importlib.util.find_spec("cosmic")
    origin = Path(spec.origin) if spec and spec.origin else None
    if origin is not None and f'DISTRIBUTION = "{DISTRIBUTION}"' in origin.read_text(encoding="utf-8"):
        return
    folders = [Path(place) for place in spec.submodule_search_locations or ()] if spec else []
    if origin is None and folders:
        raise ImportError(
            f"the folder {folders[0]} hides the package `cosmic` ({DISTRIBUTION}): Python was started in the folder "
            f"above it, and takes it for the package. Start from another folder, such as {folders[0]} itself if that "
            "is the project."
        )
    found = "there is no package `cosmic`" if origin is None else f"the package `cosmic` at {origin.parent} is not ours"
    raise ImportError(
        f"{found} ({DISTRIBUTION}). Run from the project's own environment (`make run`, or "
        f"`python -m pip install -c constraints.txt -e .` in a clean one), or remove the other package."
    )
