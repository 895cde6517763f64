"""The errors that reach a user.

The text of each is one sentence made for the user: what happened, why, and what to do next. Code that
catches one may show ``str(error)`` as it is; everything else that is raised is a bug and goes to the log.
"""

from __future__ import annotations


class CastStudioError(Exception):
    """Base of all errors whose text is meant for the user."""


class EditError(CastStudioError):
    """A change of the project that is refused; the project is as it was."""


class StoreError(CastStudioError):
    """A project that cannot be opened, read or written."""


class MediaError(CastStudioError):
    """A video that cannot be opened or decoded."""


class ModelError(CastStudioError):
    """A model that cannot be loaded or run."""


class DamagedError(StoreError):
    """A project whose database is damaged; it was not touched, and backups may help."""


class ExportError(CastStudioError):
    """A file that cannot be written or read by a format; what was there before is untouched."""


class ImportFileError(CastStudioError):
    """A file of labels that cannot be read; the project is as it was."""


class CancelledError(CastStudioError):
    """Work that the user stopped; nothing has changed."""


class TrainingError(CastStudioError):
    """A training job that is refused or that failed."""
