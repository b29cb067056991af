"""Secrets that lie in files, as containers hand them over. Reads and never repeats them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cosmic.errors import ConfigError


def read_secret(file: Path, name: str) -> str:
    """Return what a file holds, without blanks and line ends around it.

    Parameters
    ----------
    file : Path
        A text file that holds one secret.
    name : str
        The option or variable that names it, for the message.

    Raises
    ------
    ConfigError
        If it cannot be read or holds nothing.
    """
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigError(
            f"{name} names {file}, which cannot be read: {why}. Correct the path or its rights."
        ) from None
    if not secret:
        raise ConfigError(f"{name} names {file}, which is empty. Put the secret in it, and nothing else.")
    return secret


def with_secrets(given: Mapping[str, object], names: Sequence[str]) -> dict[str, object]:
    """Return settings with each secret read from the file that ``NAME_file`` names, where that is set.

    A secret that is given as None stays None: whoever says so wants none.

    Raises
    ------
    ConfigError
        If a secret is given twice, or a file cannot be read or holds nothing.
    """
    found = dict(given)
    for name in names:
        file = found.get(f"{name}_file")
        if not file:  # also an empty variable
            found.pop(f"{name}_file", None)
            continue
        if name not in found:
            found[name] = read_secret(Path(str(file)), f"COSMIC_{name.upper()}_FILE")
        elif found[name] is not None:
            raise ConfigError(
                f"COSMIC_{name.upper()} and COSMIC_{name.upper()}_FILE are both set, and only one can be meant. Unset one of them."
            )
    return found
