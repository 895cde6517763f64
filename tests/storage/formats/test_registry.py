from __future__ import annotations

from pathlib import Path

import pytest

from cast_studio.errors import ExportError
from cast_studio.storage import formats
from tests.storage.examples import PROJECT


def test_the_own_csv_is_offered() -> None:
    assert "csv" in formats.names()
    assert formats.get("csv").suffix == ".csv"


def test_an_unknown_format_is_refused_with_those_there_are() -> None:
    with pytest.raises(ExportError, match=r"no export format called “xls”.*csv"):
        formats.get("xls")


@pytest.mark.parametrize("name", formats.names())
def test_every_format_writes_a_project_and_leaves_the_old_file_on_failure(
    tmp_path: Path, name: str
) -> None:
    chosen = formats.get(name)
    assert chosen.name == name
    assert chosen.title
    path = tmp_path / f"out{chosen.suffix}"
    report = chosen.write(path, PROJECT, predictions=(), frame_indexes={})
    assert report.path == path
    assert path.stat().st_size > 0
    with pytest.raises(ExportError):
        chosen.write(tmp_path / "none" / "out", PROJECT)
    assert list(tmp_path.iterdir()) == [path]
