"""The time and the ids that edits carry; :mod:`cast_studio.core` has neither clock nor chance."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime


def timestamp() -> str:
    """Return the present moment as ISO 8601 in UTC, to the second: ``2026-01-31T12:03:04Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_id() -> str:
    """Return an id that no other project has: 32 hex digits."""
    return uuid.uuid4().hex
