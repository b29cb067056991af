"""Secrets that lie in files, as containers hand them over. Reads and never repeats them."""

from __future__ import annotations

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
