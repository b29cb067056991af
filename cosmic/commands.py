"""Turns a settings model into a typer command, so that an option is typed and explained in one place.

Knows no option by name and runs nothing itself.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeVar

import typer
from annotated_types import Ge, Le
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from cosmic.errors import ConfigError

Options = TypeVar("Options", bound=BaseSettings)


def command(model: type[Options], run: Callable[[Options], None]) -> Callable[..., None]:
    """Return a function with one keyword per field of `model`, ready for `typer.Typer.command`.

    What the person did not type is left to the model, so that COSMIC_* variables and defaults apply.
    """

    def entry(**typed: object) -> None:
        given = {name: value for name, value in typed.items() if value not in (None, [], ())}
        run(build(model, given))

    parameters = [_parameter(name, field) for name, field in model.model_fields.items()]
    entry.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    entry.__doc__ = run.__doc__
    return entry


def build(model: type[Options], given: dict[str, object]) -> Options:
    """Return the model, or explain in one line per mistake what is wrong with which option.

    Raises
    ------
    ConfigError
        If a value is refused; names the option or the variable, the value and the rule.
    """
    try:
        return model(**given)  # type: ignore[arg-type]
    except ValidationError as exc:
        lines = []
        for error in exc.errors(include_url=False):
            message = _rule(error["type"], error["msg"], error.get("ctx", {}))
            if not error["loc"]:
                lines.append(message + ".")
                continue
            name = str(error["loc"][0])
            origin = _flag(name) if name in given else name if name.startswith("COSMIC_") else f"COSMIC_{name.upper()}"
            lines.append(f"{origin}: {message}, not {_shown(error['input'])}.")
        raise ConfigError("\n".join(lines) + "\nSee --help for what each option takes.") from exc


_RULES: Final = {
    "greater_than_equal": "it must be at least {ge}",
    "greater_than": "it must be more than {gt}",
    "less_than_equal": "it must be at most {le}",
    "less_than": "it must be less than {lt}",
    "int_parsing": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "int_type": "it must be a whole number",
    "float_parsing": "it must be a number",
    "float_type": "it must be a number",
    "bool_parsing": "it must be true or false",
    "bool_type": "it must be true or false",
    "path_type": "it must be a path",
    "string_type": "it must be text",
    "enum": "it must be {expected}",
    "literal_error": "it must be {expected}",
    "extra_forbidden": "there is no such option",
}
"""Kinds of mistakes that pydantic finds, in our words."""


def _rule(kind: str, message: str, context: Mapping[str, object]) -> str:
    """Return the rule that a value broke, in words that follow the option's name."""
    words = _RULES.get(kind)
    return message.removeprefix("Value error, ").rstrip(".") if words is None else words.format(**context)


def _shown(value: object) -> str:
    text = str(value) or "nothing"
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


_LONG: Final = 60
"""Characters of a wrong value that are repeated."""


def _flag(name: str) -> str:
    return "--" + name.rstrip("_").replace("_", "-")  # from_ is --from, which Python keeps for itself


def _parameter(name: str, field: FieldInfo) -> inspect.Parameter:
    kind, many = _typer_type(field.annotation)
    limits = {type(rule): rule for rule in field.metadata}
    option: dict[str, Any] = {"help": _help(field, many=many), "show_default": False}
    if kind is int:
        option |= {"min": getattr(limits.get(Ge), "ge", None), "max": getattr(limits.get(Le), "le", None)}
    if kind is not bool:
        option["metavar"] = (field.json_schema_extra or {}).get("metavar", "NAME")  # type: ignore[union-attr]
    declaration = typer.Option(None, _flag(name), **option)
    annotation: Any = list[kind] | None if many else kind | None  # type: ignore[valid-type]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=declaration, annotation=annotation)


def _help(field: FieldInfo, *, many: bool) -> str:
    default = field.get_default(call_default_factory=True, validated_data={})
    text = f"{field.description}{' May be repeated.' if many else ''}"
    if default is None or default is False or default == () or "Default:" in text:
        return text
    return f"{text} Default: {default}."


def _typer_type(annotation: Any) -> tuple[Any, bool]:
    """Return the scalar type that typer should parse, and whether the option repeats."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _typer_type(arguments[0])
    if origin is tuple:
        return _typer_type(arguments[0])[0], True
    if origin in (typing.Union, types.UnionType):
        return _typer_type(next(kind for kind in arguments if kind is not type(None)))
    if annotation is SecretStr:
        return str, False
    return annotation, False
