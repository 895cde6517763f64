"""No file is run, none may take more memory than it is long, and each refusal says why."""

from __future__ import annotations

import collections
import os
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from cast_studio.errors import ModelError
from cast_studio.model.weights.importing import import_file
from cast_studio.model.weights.reading import read_tensors
from tests.model.weights.hostile_files import (
    Calls,
    OwnState,
    imported_function,
    nested_eval,
    overlapping_archive,
    replaced,
    rewrite,
    safetensors,
    save,
    save_plain,
    save_script,
    shell,
    with_directory,
)

STATE = {"w": torch.arange(100.0), "b": torch.arange(100.0)}


@pytest.fixture
def honest(tmp_path: Path) -> Path:
    return save(tmp_path / "honest.pth", STATE)


def refused(path: Path, tmp_path: Path) -> str:
    """Import a file that must not be imported; return what the user is told."""
    with pytest.raises(ModelError) as caught:
        import_file(path, tmp_path / "models")
    assert not (tmp_path / "models").exists()
    told = str(caught.value)
    assert "\n" not in told
    assert path.name in told
    assert told.endswith(".")
    return told


@pytest.mark.parametrize("attack", [shell, nested_eval, imported_function])
@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("protocol", [2, 4])
def test_code_in_a_pickle_is_not_run_but_named(
    attack: Callable[[Path], Calls], legacy: bool, protocol: int, tmp_path: Path
) -> None:
    marker = tmp_path / "was-run"
    value = {"model": STATE, "args": [{"deep": attack(marker)}]}
    path = save(tmp_path / "model.pth", value, legacy=legacy, protocol=protocol)
    told = refused(path, tmp_path)
    assert not marker.exists()
    name = {shell: "system", nested_eval: "eval", imported_function: "getattr"}[attack]
    assert f".{name}”" in told
    torch.load(path, weights_only=False)  # the attack is a real one
    assert marker.exists() or attack is imported_function


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_that_is_not_torchs_is_refused_by_what_it_calls(
    protocol: int, tmp_path: Path
) -> None:
    marker = tmp_path / "was-run"
    path = save_plain(tmp_path / "model.pth", shell(marker), protocol=protocol)
    assert f"{os.name}.system" in refused(path, tmp_path)
    assert not marker.exists()


def test_older_ways_to_call_are_refused_by_name(tmp_path: Path, honest: Path) -> None:
    old_call = b"(S'touch /tmp/x'\nios\nsystem\n."
    path = with_directory(honest, tmp_path / "a.pth", lambda _: old_call)
    assert "os.system" in refused(path, tmp_path)


@pytest.mark.parametrize(
    "value",
    [
        torch.nn.Linear(2, 2),
        collections.UserDict(STATE),
        {"model": STATE, "extra": np.arange(3)},
        {"model": STATE, "extra": torch.eye(2).to_sparse()},
        {"model": STATE, "extra": print},
    ],
    ids=["module", "own class", "numpy array", "sparse tensor", "function"],
)
@pytest.mark.parametrize("legacy", [False, True])
def test_what_is_not_on_the_list_is_refused_by_name(
    value: object, legacy: bool, tmp_path: Path
) -> None:
    told = refused(save(tmp_path / "model.pth", value, legacy=legacy), tmp_path)
    names = ("Linear", "UserDict", "_reconstruct", "sparse", "print")
    assert any(name in told for name in names)
    assert "safetensors" in told


def test_torchscript_is_read_without_its_code(tmp_path: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.LayerNorm(3))
    path = save_script(tmp_path / "model.pt", module)
    broken = rewrite(
        path,
        tmp_path / "broken.pt",
        change=lambda name, data: (name, b"import os" if "/code/" in name else data),
    )
    for one in (path, broken):
        tensors = read_tensors(one).tensors
        assert set(tensors) == set(module.state_dict())
        for name, tensor in module.state_dict().items():
            assert torch.equal(tensors[name], tensor)


def test_torchscript_with_a_state_of_its_own_is_refused_by_name(tmp_path: Path) -> None:
    told = refused(save_script(tmp_path / "model.pt", OwnState()), tmp_path)
    assert "OwnState.__setstate__" in told


def test_torchscript_that_calls_is_refused_by_name(tmp_path: Path) -> None:
    path = save_script(tmp_path / "a.pt", torch.nn.Linear(2, 2))
    marker = tmp_path / "was-run"
    call = b"\x80\x02cposix\nsystem\nX" + struct.pack("<I", 5) + b"touch\x85R."
    hostile = with_directory(path, tmp_path / "b.pt", lambda _: call)
    assert "posix.system" in refused(hostile, tmp_path)
    assert not marker.exists()


@pytest.mark.parametrize("legacy", [False, True])
def test_a_torn_file_is_refused_wherever_it_is_torn(legacy: bool, tmp_path: Path) -> None:
    whole = save(tmp_path / "whole.pth", STATE, legacy=legacy).read_bytes()
    path = tmp_path / "torn.pth"
    for length in [0, 1, 3, 9, 20, *range(30, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:length])
        refused(path, tmp_path)


def test_a_torn_safetensors_file_is_refused(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "whole.safetensors")
    whole = (tmp_path / "whole.safetensors").read_bytes()
    path = tmp_path / "torn.safetensors"
    for length in [1, 8, 9, 40, *range(50, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:length])
        refused(path, tmp_path)


@pytest.mark.parametrize(
    ("name", "start", "told"),
    [
        ("a.pth", b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"),
        ("a.safetensors", b"<!DOCTYPE html><html><title>Google Drive", "web page"),
        ("b.safetensors", b"\n <HTML><body>404", "web page"),
        ("a.pt", b"%PDF-1.7", "PDF"),
        ("a.pth.gz", b"\x1f\x8b\x08", "unpack it"),
        ("b.pth", b"version https://git-lfs.github.com/spec/v1\noid sha256:", "git lfs pull"),
        ("c.pth", b"epoch,loss\n1,2\n", "neither safetensors nor"),
        ("d.pth", b"", "empty"),
    ],
)
def test_a_file_that_is_something_else_is_told_as_that(
    name: str, start: bytes, told: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(start + (b"\x00" * 500 if start else b""))
    assert told in refused(path, tmp_path)


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert "no “data.pkl”" in refused(tmp_path / "a.pth", tmp_path)


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "called.pth")
    save(tmp_path / "called.safetensors", STATE)
    for name in ("called.pth", "called.safetensors"):
        assert torch.equal(read_tensors(tmp_path / name).tensors["w"], STATE["w"])


def test_numbers_of_another_length_than_announced_are_refused(tmp_path: Path, honest: Path) -> None:
    path = rewrite(
        honest,
        tmp_path / "a.pth",
        change=lambda name, data: (name, data[:-4] if name.endswith("data/0") else data),
    )
    assert "396 bytes where 400 were announced" in refused(path, tmp_path)


def test_numbers_that_are_missing_are_refused(tmp_path: Path, honest: Path) -> None:
    path = rewrite(
        honest,
        tmp_path / "a.pth",
        change=lambda name, data: (name.replace("data/0", "data/7"), data),
    )
    assert "“data/0” are missing" in refused(path, tmp_path)


def test_a_tensor_larger_than_its_numbers_is_refused(tmp_path: Path) -> None:
    expanded = torch.ones(1).expand(1000, 1000, 1000)
    assert "larger than the numbers" in refused(save(tmp_path / "a.pth", {"w": expanded}), tmp_path)
    path = save(tmp_path / "b.pth", {"w": expanded}, legacy=True)
    assert "larger than the numbers" in refused(path, tmp_path)


def test_a_tensor_that_reaches_beyond_its_numbers_is_refused(tmp_path: Path) -> None:
    honest = save(tmp_path / "a.pth", {"w": torch.arange(77.0)})
    longer = replaced(b"K\x00KM\x85", b"K\x01KM\x85")  # the same 77 numbers, from the second on
    path = with_directory(honest, tmp_path / "b.pth", longer)
    assert "larger than the numbers" in refused(path, tmp_path)


def test_many_tensors_over_the_same_numbers_are_refused(tmp_path: Path) -> None:
    numbers = torch.arange(1000.0)
    state = {f"w{at}": numbers[at : at + 900] for at in range(90)}
    for legacy in (False, True):
        path = save(tmp_path / "a.pth", state, legacy=legacy)
        assert "lie over each other" in refused(path, tmp_path)


def test_tied_weights_are_not_taken_for_an_attack(tmp_path: Path) -> None:
    numbers = torch.arange(1000.0)
    state = {"a": numbers, "b": numbers, "c": numbers.view(10, 100), "d": numbers[:10]}
    tensors = read_tensors(save(tmp_path / "a.pth", state)).tensors
    for name, tensor in state.items():
        assert torch.equal(tensors[name], tensor)


def test_compressed_numbers_are_refused_before_they_are_unpacked(
    tmp_path: Path, honest: Path
) -> None:
    def bomb(name: str, data: bytes) -> tuple[str, bytes]:
        return name, bytes(50_000_000) if name.endswith("data/0") else data

    path = rewrite(honest, tmp_path / "a.pth", change=bomb, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1_000_000
    assert "compressed" in peak_of(lambda: refused(path, tmp_path), below=10_000_000)


def test_compressed_numbers_of_torchscript_are_refused(tmp_path: Path) -> None:
    path = save_script(tmp_path / "a.pt", torch.nn.Linear(2, 2))
    path = rewrite(path, tmp_path / "b.pt", compression=zipfile.ZIP_DEFLATED)
    assert "compressed" in refused(path, tmp_path)


def test_entries_over_each_other_are_refused(tmp_path: Path, honest: Path) -> None:
    path = overlapping_archive(honest, tmp_path / "a.pth")
    assert "lies over another" in refused(path, tmp_path)


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "honest/../../x", "C:\\x", "honest/data/..\\x"]
)
def test_entries_that_name_other_places_are_refused(
    name: str, tmp_path: Path, honest: Path
) -> None:
    path = rewrite(honest, tmp_path / "a.pth", extra={name: b"x"})
    assert "outside of the archive" in refused(path, tmp_path)


def test_two_entries_of_one_name_are_refused(tmp_path: Path, honest: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = rewrite(honest, tmp_path / "a.pth", extra={"honest/data.pkl": b"x"})
    assert "the same name" in refused(path, tmp_path)


@pytest.mark.parametrize(
    "directory",
    [
        b"\x80\x02B" + struct.pack("<I", 2**31 - 1) + b"x.",  # bytes, said to be 2 GB
        b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x.",  # bytes, said to be 4 EB
        b"\x80\x04\x8d" + struct.pack("<Q", 2**40) + b"x.",  # text
        b"\x80\x02]r" + struct.pack("<I", 2**31 - 1) + b".",  # a place far up in the memo
        b"\x80\x02}]K\x01s.",  # a list as a key
        b"\x80\x02" + b"(" * 100_000 + b"t" * 100_000 + b".",  # deep inside each other
        b"\x80\x02" + b"]" * 100,  # no end
        b"\x80\x02a.",  # appends to nothing
        b"\x80\x02h\x05.",  # takes what was never kept
        b"not a pickle",
        b"",
    ],
)
def test_a_damaged_directory_takes_no_memory(
    directory: bytes, tmp_path: Path, honest: Path
) -> None:
    path = with_directory(honest, tmp_path / "a.pth", lambda _: directory)
    peak_of(lambda: refused(path, tmp_path), below=60_000_000)


def test_a_directory_of_endless_steps_is_refused(tmp_path: Path, honest: Path) -> None:
    endless = b"\x80\x02" + b"N0" * 1_500_000 + b"}."
    path = with_directory(honest, tmp_path / "a.pth", lambda _: endless)
    assert "impossibly many steps" in refused(path, tmp_path)


def test_a_huge_safetensors_header_is_refused_before_it_is_read(tmp_path: Path) -> None:
    for length in (2**63, 2**40, 1_000):
        path = safetensors(tmp_path / "a.safetensors", {}, b"\x00" * 100, length=length)
        told = peak_of(lambda path=path: refused(path, tmp_path), below=10_000_000)
        assert f"{length} bytes, more than the file" in told


@pytest.mark.parametrize(
    "header",
    [
        {"w": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 4]}},
        {"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 2**40]}},
        {"w": {"dtype": "F32", "shape": [1], "data_offsets": [8, 4]}},
        {"w": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}},
        {"w": {"dtype": "code", "shape": [1], "data_offsets": [0, 4]}},
        {
            "v": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
            "w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
        },
        b"{" + b'"a":[' * 10_000,
        b"{}",
    ],
)
def test_safetensors_that_contradict_themselves_are_refused(header: object, tmp_path: Path) -> None:
    path = safetensors(tmp_path / "a.safetensors", header, b"\x00" * 4)
    peak_of(lambda: refused(path, tmp_path), below=10_000_000)


def test_a_deepspeed_folder_that_leads_elsewhere_is_refused(tmp_path: Path, honest: Path) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "mp_rank_00_model_states.pt").symlink_to(honest)
    told = refused(folder, tmp_path)
    assert "link" in told
    assert str(honest) in told


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "not a plain file" in refused(pipe, tmp_path)
    assert "There is no file" in refused(tmp_path / "absent.pth", tmp_path)
    (tmp_path / "folder").mkdir()
    assert "mp_rank_00_model_states.pt" in refused(tmp_path / "folder", tmp_path)


def test_names_that_are_no_text_are_not_weights(tmp_path: Path) -> None:
    path = save(tmp_path / "a.pth", {1: torch.ones(2), "b": 3})
    assert "no named tensors" in refused(path, tmp_path)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickle_of_another_protocol_is_refused(legacy: bool, tmp_path: Path) -> None:
    path = save(tmp_path / "a.pth", STATE, legacy=legacy, protocol=4)
    assert "another protocol" in refused(path, tmp_path)


@pytest.mark.parametrize("form", ["archive", "older", "safetensors", "TorchScript"])
@pytest.mark.filterwarnings("ignore:invalid escape sequence")  # in a text that a flipped bit made
def test_flipped_bits_are_read_or_refused_in_words(form: str, tmp_path: Path) -> None:
    path = tmp_path / "whole"
    if form == "safetensors":
        save_file(STATE, path)
    elif form == "TorchScript":
        save_script(path, torch.nn.Linear(2, 2))
    else:
        save(path, {"model": STATE, "epoch": 3}, legacy=form == "older")
    whole, random = path.read_bytes(), np.random.default_rng(3)
    answers = set()
    for at in range(200):
        data = bytearray(whole)
        for place in random.integers(0, min(len(data), 1500), random.integers(1, 5)):
            data[place] ^= 1 << int(random.integers(8))
        flipped = tmp_path / f"flipped{at}"
        flipped.write_bytes(data)
        try:
            answers.add(type(read_tensors(flipped)))
        except ModelError as error:
            answers.add(type(error))
    assert ModelError in answers


def peak_of(call: Callable[[], str | None], *, below: int) -> str:
    """Call, and check how much memory that took at most."""
    tracemalloc.start()
    try:
        result = call()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < below
    return result or ""
