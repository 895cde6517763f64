"""Progress: a bar on a terminal, a few lines in a file."""

from __future__ import annotations

import io

import pytest

from cast_studio.cli.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def rows(self) -> list[str]:
        """What would be read on it now: a return starts the row over."""
        shown = []
        for row in self.getvalue().split("\n"):
            text = ""
            for part in row.split("\r"):
                text = part + text[len(part) :]
            shown.append(text.rstrip())
        return shown


def test_a_file_gets_a_line_for_each_tenth() -> None:
    file = io.StringIO()
    with ProgressBar("Predicting", stream=file) as progress:
        for done in range(101):
            progress.show(done, 100, "a.mp4")

    lines = file.getvalue().splitlines()
    assert len(lines) == 11
    assert lines[0] == "Predicting   0%  a.mp4"
    assert lines[-1] == "Predicting 100%  a.mp4"


def test_a_terminal_has_one_line_that_is_gone_at_the_end() -> None:
    terminal = Terminal()
    with ProgressBar("Training", stream=terminal) as progress:
        progress.show(1, 4, "loss 0.5, a long note")
        assert terminal.rows() == ["Training ██████░░░░░░░░░░░░░░░░░░  25%  loss 0.5, a long note"]
        progress.show(2, 4, "short")
        assert terminal.rows() == ["Training ████████████░░░░░░░░░░░░  50%  short"]

    assert terminal.rows() == [""]


def test_a_narrow_terminal_is_not_overrun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal()
    with ProgressBar("Training", stream=terminal) as progress:
        progress.show(1, 4, "note")
        assert [len(row) for row in terminal.rows()] == [19]


def test_lines_go_above_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    with ProgressBar("Training", stream=terminal) as progress:
        progress.show(1, 2)
        progress.tell("Read 10 of 20 segments.")
        assert terminal.rows() == ["Training ████████████░░░░░░░░░░░░  50%"]

    assert capsys.readouterr().err == "Read 10 of 20 segments.\n"


def test_parts_make_a_whole() -> None:
    file = io.StringIO()
    with ProgressBar("Predicting", stream=file) as progress:
        for number, name in enumerate(("a.mp4", "b.mp4")):
            progress.begin_part(number, 2, name)
            progress.show(0, 8)
            progress.show(8, 8)

    assert file.getvalue().splitlines() == [
        "Predicting   0%  a.mp4",
        "Predicting  50%  a.mp4",
        "Predicting 100%  b.mp4",
    ]


def test_nothing_to_do_shows_nothing() -> None:
    file = io.StringIO()
    with ProgressBar("Predicting", stream=file) as progress:
        progress.show(0, 0)

    assert file.getvalue() == ""
