"""What is asked before a project or the window closes: about unsaved edits and a training run."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtWidgets import QMessageBox, QWidget

from cast_studio.ui import wording
from cast_studio.ui.language import translate
from cast_studio.ui.studio import Studio


class OnTraining(Enum):
    """What to do with a training run when the window closes."""

    GO_ON = auto()
    STOP = auto()
    STAY = auto()


def may_close(studio: Studio, parent: QWidget) -> bool:
    """Ask what must be asked; return whether the window may close."""
    if not studio.projects.may_leave():
        return False
    if studio.training.is_running:
        choice = what_about_training(parent)
        if choice is OnTraining.STAY:
            return False
        if choice is OnTraining.STOP:
            studio.training.stop()
    return True


def leave_unsaved(parent: QWidget, count: int) -> bool:
    """Ask whether edits that could not be saved are to be given up."""
    edits = wording.counted(count, "edit")
    told = (
        translate("Closing", "{edits} is not saved")
        if count == 1
        else translate("Closing", "{edits} are not saved")
    )
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setText(told.format(edits=edits))
    box.setInformativeText(
        translate(
            "Closing",
            "The project cannot be written just now. Free some space or make its drive available "
            "again and stay, or close and lose what is not saved.",
        )
    )
    stay = box.addButton(translate("Closing", "Stay"), QMessageBox.ButtonRole.RejectRole)
    leave = box.addButton(
        translate("Closing", "Close and lose it"), QMessageBox.ButtonRole.DestructiveRole
    )
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    box.exec()
    return box.clickedButton() is leave


def what_about_training(parent: QWidget) -> OnTraining:
    """Ask whether a training run goes on without the window."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setText(translate("Closing", "The model is being retrained"))
    box.setInformativeText(
        translate(
            "Closing",
            "It can go on without this window; what it learned is taken over when you open the "
            "project again. Or stop it now and keep what it has learned so far.",
        )
    )
    go_on = box.addButton(translate("Closing", "Let it go on"), QMessageBox.ButtonRole.AcceptRole)
    stop = box.addButton(translate("Closing", "Stop it"), QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton(translate("Closing", "Cancel"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(go_on)
    box.setEscapeButton(stay)
    box.exec()
    clicked = box.clickedButton()
    if clicked is go_on:
        return OnTraining.GO_ON
    return OnTraining.STOP if clicked is stop else OnTraining.STAY
