"""What the toolbar says of the model: how far it is, and what it runs on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from cast_studio.ui.actions import Actions
from cast_studio.ui.toolbar import TopBar
from tests.fakes import FakePredictor
from tests.ui.conftest import Desk

LONG_NAME = "NVIDIA GeForce RTX 4090 Laptop GPU with a long surname · bfloat16"


def test_before_anything_is_loaded_it_says_so(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    assert TopBar(Actions(window), window).model_text == "Model: none not loaded"


def test_it_names_device_and_precision_while_a_model_is_loaded(
    make_desk: Callable[..., Desk],
) -> None:
    desk = make_desk(predictor=FakePredictor(runs_on="NVIDIA H200 · bfloat16"))
    models, top = desk.studio.models, desk.window.top
    desk.wait(lambda: top.model_text == "Model: fake NVIDIA H200 · bfloat16")
    models.unload("Somebody else needs the memory.")
    assert top.model_text == "Model: fake not loaded"
    base = models.base
    assert base is not None
    models.load(base)
    assert top.model_text == "Model: fake loading…"
    desk.wait(lambda: top.model_text == "Model: fake NVIDIA H200 · bfloat16")


def test_a_long_name_leaves_room_for_the_rest(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(predictor=FakePredictor(runs_on=LONG_NAME))
    top = desk.window.top
    desk.wait(lambda: top.model_text.endswith(LONG_NAME))
    assert top.sizeHint().width() <= 1280
