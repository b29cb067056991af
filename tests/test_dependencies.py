"""docs/dependencies.md says what each package is for and where it may be imported; the code keeps to it."""

from __future__ import annotations

import ast
import functools
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("cosmic", "expectations", "tasks", "flows", "deployments")


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {Requirement(line).name.lower() for line in project["dependencies"]}


def optional() -> set[str]:
    """What an extra for users brings, and its twin on other machines; those for developers are not ours to import."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    return {Requirement(line).name.lower() for name, lines in extras.items() if name != "dev" for line in lines}


def documented() -> dict[str, tuple[str, ...]]:
    """Places where each package may be imported, by package."""
    table: dict[str, tuple[str, ...]] = {}
    for line in (ROOT / "docs" / "dependencies.md").read_text().splitlines():
        if line.startswith("| ") and not line.startswith(("| package", "|--")):
            names, places, why = (cell.strip() for cell in line.strip("|").split("|"))
            assert why, f"{names} has no reason"
            for name in names.split(","):
                table[name.strip()] = tuple(re.findall(r"`([^`]+)`", places))
    return table


@functools.cache
def importers() -> dict[str, set[str]]:
    """Files of ours that import each distribution."""
    owners = packages_distributions()
    found: dict[str, set[str]] = {}
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module]
                for name in names:
                    for owner in owners.get(name.partition(".")[0], ()):
                        found.setdefault(owner.lower().replace("_", "-"), set()).add(path.relative_to(ROOT).as_posix())
    return found


def test_every_dependency_has_its_line_and_every_line_its_dependency() -> None:
    assert set(documented()) == declared()


@pytest.mark.parametrize("package", sorted(declared()))
def test_a_package_is_imported_where_its_line_says_and_nowhere_else(package: str) -> None:
    places = documented()[package]
    files = importers().get(package, set())
    outside = sorted(file for file in files if not file.startswith(places or ("nowhere",)))
    assert not outside
    unused = [place for place in places if not any(file.startswith(place) for file in files)]
    assert not unused


def test_nothing_is_imported_that_is_not_declared() -> None:
    extra = set(importers()) - declared() - optional() - {"cosmic-retrain"}
    assert not extra


def test_constraints_name_no_host() -> None:
    text = (ROOT / "constraints.txt").read_text()
    assert "://" not in text
    for name in declared():
        assert re.search(rf"^{re.escape(name)}==", text, re.MULTILINE), name
