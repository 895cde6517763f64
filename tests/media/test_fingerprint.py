from __future__ import annotations

from pathlib import Path

import pytest

from cast_studio.errors import MediaError
from cast_studio.media.fingerprint import fingerprint

SAMPLE = 64 << 10


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_copy_is_recognized_under_another_name(tmp_path: Path) -> None:
    content = bytes(range(256)) * 4096
    original = _write(tmp_path / "a.mp4", content)
    copy = _write(tmp_path / "b.mkv", content)

    assert fingerprint(original) == fingerprint(str(copy))
    assert len(fingerprint(original)) == 64


@pytest.mark.parametrize("size", [0, 1, 1000, SAMPLE, 3 * SAMPLE, 1 << 20])
def test_the_length_counts(tmp_path: Path, size: int) -> None:
    shorter = _write(tmp_path / "a", bytes(size))
    longer = _write(tmp_path / "b", bytes(size + 1))

    assert fingerprint(shorter) != fingerprint(longer)


@pytest.mark.parametrize("size", [1000, SAMPLE, 2 * SAMPLE, 1 << 20])
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_a_change_at_the_head_the_middle_or_the_tail_counts(
    tmp_path: Path, size: int, place: float
) -> None:
    content = bytearray(size)
    before = fingerprint(_write(tmp_path / "a", content))
    content[int((size - 1) * place)] = 1

    assert fingerprint(_write(tmp_path / "a", content)) != before


def test_small_files_are_read_whole(tmp_path: Path) -> None:
    content = bytearray(3 * SAMPLE)
    before = fingerprint(_write(tmp_path / "a", content))
    for position in range(0, 3 * SAMPLE, 5000):
        changed = bytearray(content)
        changed[position] = 1
        assert fingerprint(_write(tmp_path / "a", changed)) != before


def test_a_missing_file_and_a_folder_give_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"“gone\.mp4” was not found"):
        fingerprint(tmp_path / "gone.mp4")
    with pytest.raises(MediaError, match=rf"“{tmp_path.name}” cannot be read"):
        fingerprint(tmp_path)
