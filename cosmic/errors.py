"""Errors, named by what the caller should do about them. Holds no other logic."""

from __future__ import annotations


class CosmicError(Exception):
    """Any error that Cosmic explains itself: what happened, to which object or file, why, what to do next."""


class ConfigError(CosmicError):
    """An option, a file or a setting is wrong: the person corrects it and runs again."""


class TransientSourceError(CosmicError):
    """A source failed in a way that passes: try again later."""


class CatalogueAway(TransientSourceError):
    """The database of the catalogue cannot be reached, went away or stays locked: nothing was changed, try again later."""


class DiskFull(CosmicError):
    """A disk is full: the person makes room and runs again."""


class PermanentSourceError(CosmicError):
    """A source refuses for good: a wrong query, a missing or unreadable file."""


class QueryRefused(PermanentSourceError):
    """A survey looked at a query and does not take it: it is wrong there, and the survey itself is well."""


class ReleaseNotFound(PermanentSourceError):
    """A survey has no such data release."""


class SuspiciousResponse(CosmicError):
    """A source answered something that cannot be right: change nothing, raise an alert."""


class ContractViolation(CosmicError):
    """A page as a whole breaks its contract: it is kept, explained and never reaches the catalogue.

    Parameters
    ----------
    message : str
        Bounded text for people.
    reasons : tuple of str
        Every reason, for the record.
    """

    def __init__(self, message: str, *, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.reasons = reasons


class ArtefactCorrupt(CosmicError):
    """A file of ours is missing, truncated or differs from its digest."""


class NotServable(CosmicError):
    """A model was asked to answer rows that it cannot answer, such as another magnitude system."""
