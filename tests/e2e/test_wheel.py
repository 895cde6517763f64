"""The wheel that users install: it has what the program needs, and works from there."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODEL = "resources/models/cast-tiny/model.safetensors"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout; builds where its builder is not installed need the registry."""
    folder = tmp_path_factory.mktemp("wheel")
    has_builder = importlib.util.find_spec("hatchling") is not None
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--quiet"),
            *("--disable-pip-version-check", "--wheel-dir", str(folder)),
            *(("--no-build-isolation",) if has_builder else ()),
        ],
        check=True,
    )
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """A folder with what the wheel unpacks to, as in site-packages."""
    folder = wheel.parent / "site-packages"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


@pytest.mark.slow
def test_it_holds_the_program_and_what_is_bundled_and_nothing_else(installed: Path) -> None:
    top = {path.name for path in installed.iterdir() if path.suffix != ".dist-info"}
    assert top == {"cast_studio", "training"}
    assert (installed / "training" / "__main__.py").is_file()
    assert (installed / "cast_studio" / "py.typed").is_file()
    bundled = {
        path.relative_to(ROOT).as_posix()
        for folder in ("resources/models", "resources/samples")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }
    assert MODEL in bundled
    for name in bundled:
        packed = installed / "cast_studio" / name
        assert packed.read_bytes() == (ROOT / name).read_bytes(), name


@pytest.mark.slow
def test_the_program_runs_from_it_with_the_bundled_model(installed: Path, tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, cast_studio.resource_files as files\n"
        "from cast_studio.__main__ import main\n"
        f"print(files.resource_path('{MODEL.removeprefix('resources/')}'))\n"
        "sys.exit(main(['models', 'list']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    where, *listed = done.stdout.splitlines()
    assert Path(where) == installed / "cast_studio" / MODEL
    assert any("cast-tiny" in line for line in listed)
