"""Cyclic garbage: collected where it was asked for, on no other thread, and not during imports."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app.garbage import (
    collect_what_is_due,
    garbage_collected_here,
    without_garbage_collection,
)
from tests.app.conftest import WAIT_MS

ENOUGH_FOR_PYTHON = 20_000
"""Of which it would have collected several times while they were made."""


class Knot:
    """Refers to itself, and so is freed by nothing but the collector."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _collecting_as_usual() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.collect()
    gc.enable()
    yield
    if not was_enabled:
        gc.disable()


def make_garbage(freed_on: list[int]) -> None:
    for _ in range(ENOUGH_FOR_PYTHON):
        weakref.finalize(Knot(), lambda: freed_on.append(threading.get_ident()))


def make_garbage_elsewhere(freed_on: list[int]) -> int:
    thread = threading.Thread(target=make_garbage, args=(freed_on,))
    thread.start()
    thread.join()
    assert thread.ident is not None
    return thread.ident


def test_python_would_collect_on_the_thread_that_allocates() -> None:
    freed_on: list[int] = []
    elsewhere = make_garbage_elsewhere(freed_on)
    assert elsewhere in freed_on
    gc.collect()


def test_a_workers_garbage_is_collected_on_the_gui_thread_alone(qtbot: QtBot) -> None:
    freed_on: list[int] = []
    with garbage_collected_here():
        make_garbage_elsewhere(freed_on)
        assert freed_on == []
        qtbot.waitUntil(lambda: len(freed_on) == ENOUGH_FOR_PYTHON, timeout=WAIT_MS)
    assert set(freed_on) == {threading.get_ident()}
    assert gc.isenabled()


def test_nothing_is_collected_during_an_import_that_outlives_the_window(qtbot: QtBot) -> None:
    freed_on: list[int] = []
    try:
        with without_garbage_collection():
            with garbage_collected_here():
                make_garbage(freed_on)
                collect_what_is_due()
                assert freed_on == []
            assert not gc.isenabled()
            make_garbage(freed_on)
            assert freed_on == []
        assert gc.isenabled()
    finally:
        gc.unfreeze()
        gc.collect()


def test_an_import_that_began_before_the_loop_does_not_hand_collecting_back_to_workers(
    qtbot: QtBot,
) -> None:
    freed_on: list[int] = []
    importing = without_garbage_collection()
    importing.__enter__()
    try:
        with garbage_collected_here():
            importing.__exit__(None, None, None)
            make_garbage_elsewhere(freed_on)
            assert freed_on == []
    finally:
        gc.unfreeze()
        gc.collect()
