"""The catalogue: every object, every page and what was made from them, in SQLite or Postgres."""

from cosmic.catalogue.census import Moved
from cosmic.catalogue.glance import is_there
from cosmic.catalogue.lineage import ModelVersion, Run, StoredPage
from cosmic.catalogue.store import ROW_SCHEMA, Catalogue
from cosmic.home import Home
from cosmic.machine import Settings, database_url

__all__ = ["ROW_SCHEMA", "Catalogue", "ModelVersion", "Moved", "Run", "StoredPage", "nothing_there", "open_catalogue"]


def nothing_there(home: Home, settings: Settings) -> bool:
    """Return whether a sky's catalogue would be made by opening it: nothing was stored yet. Makes nothing.

    Raises
    ------
    ConfigError, TransientSourceError
        As `glance`.
    """
    return not is_there(database_url(home.root, home.sky, settings).get_secret_value(), sky=home.sky)


def open_catalogue(home: Home, settings: Settings) -> Catalogue:
    """Return the catalogue of a sky: in the database that is set, or in the home."""
    url = database_url(home.root, home.sky, settings).get_secret_value()
    return Catalogue.open(url, sky=home.sky, lock_folder=home.locks, backed_up=settings.database_backed_up)
