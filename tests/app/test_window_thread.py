"""The interpreter while a window must answer; what it gains is shown by ``tests.benchmarks formats``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication

from cast_studio.app.window_thread import HANDOVER_SECONDS, window_thread


@pytest.fixture
def usual() -> Iterator[float]:
    usual = sys.getswitchinterval()
    yield usual
    sys.setswitchinterval(usual)


def fail_beside_a_window() -> None:
    with window_thread():
        raise ZeroDivisionError


def test_workers_hand_over_soon_while_there_is_a_window(
    qapp: QCoreApplication, usual: float
) -> None:
    with window_thread():
        assert sys.getswitchinterval() == pytest.approx(HANDOVER_SECONDS)
    with pytest.raises(ZeroDivisionError):
        fail_beside_a_window()
    assert sys.getswitchinterval() == usual


def test_who_hands_over_sooner_already_goes_on_with_it(
    qapp: QCoreApplication, usual: float
) -> None:
    sys.setswitchinterval(HANDOVER_SECONDS / 2)
    with window_thread():
        assert sys.getswitchinterval() == pytest.approx(HANDOVER_SECONDS / 2)
    assert sys.getswitchinterval() == pytest.approx(HANDOVER_SECONDS / 2)
