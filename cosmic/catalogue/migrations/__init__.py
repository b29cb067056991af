"""Frozen Alembic revisions of the catalogue. They import no definition of ours: history does not change with it."""
