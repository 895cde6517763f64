"""What a file of labels says, and what it would change in a project.

A format reads its file into :class:`Imported`, in seconds and by names, without knowing the project.
:func:`plan_import` finds the videos, classes and tracks that are meant and returns one edit for all
of it, with a report that can be read before anything is changed.
"""

from __future__ import annotations

from cast_studio.core.imports.plan import ImportPlan, plan_import
from cast_studio.core.imports.report import ImportReport
from cast_studio.core.imports.values import (
    Imported,
    ImportedRow,
    NamedClass,
    Refusal,
    Refusals,
)

__all__ = [
    "ImportPlan",
    "ImportReport",
    "Imported",
    "ImportedRow",
    "NamedClass",
    "Refusal",
    "Refusals",
    "plan_import",
]
