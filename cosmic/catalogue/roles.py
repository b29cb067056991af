"""The role in Postgres that Cosmic needs and no more, as SQL for an administrator. Connects to nothing."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql

from cosmic.records import Sky

_quote = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]


def role_sql(role: str, *, database: str, schema: str = "cosmic") -> str:
    """Return the statements that make a role which owns the schemas of both skies and nothing else.

    It may log in, connect to this database, make temporary tables (rows arrive through them), and do as it likes within its
    two schemas. It is no superuser and makes no schema, database or role. It has no password: the last line asks for one, so
    that none stands in a file or a history.

    Parameters
    ----------
    role, database : str
        Their names.
    schema : str
        Word before ``_real`` and ``_simulated`` in the schemas' names.
    """
    who, where = _quote(role), _quote(database)
    lines = [
        f"CREATE ROLE {who} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;",
        f"REVOKE ALL ON DATABASE {where} FROM {who};",
        f"GRANT CONNECT, TEMPORARY ON DATABASE {where} TO {who};",
        *(f"CREATE SCHEMA {_quote(f'{schema}_{sky}')} AUTHORIZATION {who};" for sky in Sky),
        f"\\password {who}",
    ]
    return "".join(f"{line}\n" for line in lines)
