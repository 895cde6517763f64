"""Each format against an independent decode of every frame: forwards, backwards and shuffled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exactness.check import check
from tests.exactness.formats import FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_every_frame_is_exact_in_any_order(name: str, tmp_path: Path) -> None:
    kind = FORMATS[name]
    found = check(kind.make(tmp_path), is_ordered_by_time=kind.is_ordered_by_time)

    assert found.count == found.frames > 0 or kind.is_damaged
    assert found.wrong == {}
    assert bool(found.warnings) == kind.is_damaged
    if kind.has_own_times:
        assert not found.times_differ
