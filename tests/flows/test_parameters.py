"""The flow's typed parameters are the form that the Prefect UI shows: every option explained, none of them secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from prefect.exceptions import ParameterTypeError
from prefect.utilities.callables import parameter_schema

from cosmic.settings import PipelineOptions, RunOptions
from flows.full_pipeline import full_pipeline


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return parameter_schema(full_pipeline).model_dump()


@pytest.fixture(scope="module")
def form(schema: dict[str, Any]) -> dict[str, Any]:
    """The fields of the form, by name."""
    fields: dict[str, Any] = schema["definitions"]["PipelineOptions"]["properties"]
    return fields


def test_the_form_has_every_option_of_the_command_line_that_is_no_matter_of_the_terminal(form: dict[str, Any]) -> None:
    assert list(form) == list(PipelineOptions.model_fields)
    assert set(RunOptions.model_fields) - set(form) == {"database", "local", "dry_run", "verbose", "quiet"}


@pytest.mark.parametrize("name", list(PipelineOptions.model_fields))
def test_an_option_is_explained_and_has_its_default(form: dict[str, Any], name: str) -> None:
    field = PipelineOptions.model_fields[name]
    assert form[name]["description"] == field.description
    assert len(form[name]["description"]) > 20
    default = json.loads(json.dumps(field.get_default(call_default_factory=True), default=str))
    assert json.loads(json.dumps(form[name]["default"], default=str)) == default


def test_limits_and_choices_are_in_the_form(form: dict[str, Any], schema: dict[str, Any]) -> None:
    def choices(field: dict[str, Any]) -> list[str]:
        found = field.get("items", field)
        reference = found.get("$ref") or found.get("allOf", [{}])[0].get("$ref", "")
        listed = schema["definitions"][reference.rpartition("/")[2]] if reference else found
        return list(listed["enum"])

    assert (form["rows"]["minimum"], form["rows"]["maximum"]) == (1_000, 50_000_000)
    assert (form["seed"]["minimum"], form["seed"]["maximum"]) == (0, 2**32 - 1)
    assert {"type": "integer", "minimum": 2} in form["min_class_size"]["anyOf"]
    assert choices(form["source"]) == ["simulated", "files", "skyserver"]
    assert choices(form["task"]) == ["superclass", "star", "galaxy", "galaxy-spectral", "galaxy-image"]
    assert choices(form["arm"]) == [
        "published", "no-leak", "photometric", "photometric+shape", "morphometric", "photometric+external",
        "magnitude-matched", "images", "images+table",
    ]  # fmt: skip
    assert choices(form["split"]) == ["sky", "random"]
    assert choices(form["filter"]) == ["none", "brightness", "petro_r90", "gz2"]
    assert {form[name]["type"] for name in ("path", "column", "holdout", "task", "arm")} == {"array"}


def test_no_option_is_a_secret(schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(schema, default=str).lower()
    for word in ("database", "password", "secret", "token", "writeonly", "api_key"):
        assert word not in text
    monkeypatch.setenv("COSMIC_DATABASE_URL", "postgresql://me:swordfish@host/name")
    assert "swordfish" not in json.dumps(parameter_schema(full_pipeline).model_dump(), default=str)
    assert "swordfish" not in PipelineOptions().model_dump_json()


def test_what_the_form_sends_is_checked_as_the_command_line_is() -> None:
    sent = {"options": {"rows": 2000, "task": ["star"], "arm": ["photometric"], "home": "somewhere"}}
    options = full_pipeline.validate_parameters(sent)["options"]
    assert options == PipelineOptions(rows=2000, task=("star",), arm=("photometric",), home=Path("somewhere"))  # type: ignore[arg-type]
    for wrong in ({"rows": 3}, {"arm": ["photometry"]}, {"column": ["redshift"]}, {"rwos": 2000}, {"source": "files"}):
        with pytest.raises(ParameterTypeError, match="options"):
            full_pipeline.validate_parameters({"options": wrong})
