"""Tables from anybody: damaged, hostile, or only unusual."""

from __future__ import annotations

import os
import re
import sys
import tracemalloc
from pathlib import Path

import pytest

from cast_studio.errors import CancelledError, ImportFileError
from cast_studio.storage.formats import tell_nobody
from cast_studio.storage.formats.text_tables import LONGEST_CELL, first_cells, open_table


def rows_of(path: Path) -> list[tuple[int, dict[str, str] | None]]:
    with open_table(path, tell_nobody) as table:
        return [(row.line, None if row.cells is None else dict(row.cells)) for row in table.rows]


def a_file(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_usual_way_to_write_a_table(
    tmp_path: Path, line_end: str, encoding: str, separator: str
) -> None:
    text = separator.join("ab") + line_end + separator.join("ä1") + line_end
    path = a_file(tmp_path, text.encode(encoding))
    assert rows_of(path) == [(2, {"a": "ä", "b": "1"})]
    assert first_cells(path.read_bytes()) == {"a", "b"}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"\n1,2\n", "is empty"),
        (b"a,b,a\n", "names the column “a” twice"),
        (b"a,b\n1,\x002\n", "line 2 holds a NUL"),
        (b"a,b\n1,\xff\xfe\n", "not text in UTF-8"),
        (b"a,b\n\xc3\xa4,\xe4\n", "not text in UTF-8"),
        (b'a,b\n1,"open', "not a table that can be read"),
        (b'a,b\n1,"x"y\n', "not a table that can be read"),
        (b"a" + b",a" * 20_000 + b"\n", "more than 10,000 columns"),
    ],
    ids=lambda found: repr(found[:12]),
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes, why: str) -> None:
    path = a_file(tmp_path, data)
    with pytest.raises(ImportFileError, match=why) as caught:
        rows_of(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_a_gigantic_cell_takes_no_memory(tmp_path: Path, quote: bytes) -> None:
    path = tmp_path / "table.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n1," + quote)
        file.write(b"x" * (5 * LONGEST_CELL))
    tracemalloc.start()
    try:
        with pytest.raises(ImportFileError):
            rows_of(path)
        assert tracemalloc.get_traced_memory()[1] < 40 * LONGEST_CELL
    finally:
        tracemalloc.stop()


def test_a_gigantic_cell_of_many_lines_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b'a,b\n1,"' + b"word\n" * LONGEST_CELL)
    with pytest.raises(ImportFileError, match="field larger than field limit"):
        rows_of(path)


def test_a_row_of_another_length_has_no_names(tmp_path: Path) -> None:
    assert rows_of(a_file(tmp_path, b"a,b\n1\n\n2,3\n")) == [
        (2, None),
        (4, {"a": "2", "b": "3"}),
    ]


def test_a_column_without_a_name_is_left_out(tmp_path: Path) -> None:
    assert rows_of(a_file(tmp_path, b"a,,\n1,2,3\n")) == [(2, {"a": "1"})]


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    for path, why in (
        (tmp_path / "none.csv", "no such file"),
        (tmp_path, "not a file"),
        (Path("a\0b"), "cannot be read"),
    ):
        with pytest.raises(ImportFileError, match=why):
            rows_of(path)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX devices")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(ImportFileError, match="not a file"):
        rows_of(tmp_path / "pipe.csv")


def test_reading_can_be_stopped_and_tells_how_far_it_is(tmp_path: Path) -> None:
    path = a_file(tmp_path, b"a,b\n" + b"1,2\n" * 5_000)
    told: list[float] = []
    with open_table(path, lambda done, total: told.append(done / total)) as table:
        assert sum(1 for _ in table.rows) == 5_000
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) >= 5

    def stop(_done: int, _total: int) -> None:
        raise CancelledError("stopped")

    with pytest.raises(CancelledError), open_table(path, stop) as table:
        list(table.rows)


def test_a_sentence_names_no_more_than_needed(tmp_path: Path) -> None:
    name = b"x" * 5_000
    with pytest.raises(ImportFileError) as caught:
        rows_of(a_file(tmp_path, name + b"," + name + b"\n"))
    assert len(re.sub(re.escape(str(tmp_path)), "", str(caught.value))) < 300
