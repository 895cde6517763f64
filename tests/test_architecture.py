"""The direction of imports: the contracts in pyproject.toml, and what is loaded at run time."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("PySide6", "torch", "torchvision", "transformers", "open_clip", "av", "cv2")

_LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"
_REPORT_LOADED = """
import importlib, pkgutil, sys
for name in {names!r}:
    module = importlib.import_module(name)
    if {deep!r}:
        for info in pkgutil.walk_packages(module.__path__, name + "."):
            importlib.import_module(info.name)
print(" ".join(sys.modules))
"""


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    # The folder comes first on the path of a program given with -c, so that a copy is what is read.
    return subprocess.run(
        [sys.executable, "-c", _LINT, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def loaded_by(*names: str, deep: bool = False) -> set[str]:
    """Return the top-level packages that are loaded after importing modules in a new process.

    Args:
        names: What to import.
        deep: Whether to import everything inside as well.
    """
    program = _REPORT_LOADED.format(names=names, deep=deep)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.fixture
def copied_packages(tmp_path: Path) -> Path:
    """Return a folder with the contracts and the source of both packages, to be broken."""
    only_python = shutil.ignore_patterns("__pycache__", "*.pyc", "resources")
    for package in ("cast_studio", "training"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=only_python)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_import_contracts_hold() -> None:
    done = lint_imports(ROOT)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "statement", "contract"),
    [
        ("cast_studio/core/timing.py", "import cv2", "core needs the standard library"),
        ("cast_studio/core/timing.py", "import cast_studio.storage", "ui above app above storage"),
        ("cast_studio/storage/__init__.py", "import cast_studio.media", "ui above app above"),
        ("cast_studio/media/__init__.py", "import cast_studio.app", "ui above app above"),
        ("cast_studio/app/__init__.py", "import cast_studio.ui", "ui above app above"),
        ("cast_studio/model/__init__.py", "import PySide6", "only app and ui know Qt"),
        ("training/__init__.py", "import PySide6", "only app and ui know Qt"),
        ("cast_studio/app/__init__.py", "import torch", "torch stays in the model"),
        ("cast_studio/app/__init__.py", "import pyqtgraph", "services have no widgets"),
        ("cast_studio/cli/__init__.py", "import cast_studio.ui", "ui above app above"),
        ("cast_studio/app/__init__.py", "import cast_studio.cli", "ui above app above"),
        ("cast_studio/cli/__init__.py", "import pyqtgraph", "the command line has no widgets"),
        ("cast_studio/ui/__init__.py", "import training", "the program never imports training"),
        ("training/__init__.py", "import cast_studio.storage", "training uses media, model"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(
    copied_packages: Path, module: str, statement: str, contract: str
) -> None:
    with (copied_packages / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{statement}\n")

    done = lint_imports(copied_packages)

    assert done.returncode != 0
    broken = [line for line in done.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(contract) for line in broken), done.stdout + done.stderr


def imported_by(path: Path) -> Iterator[str]:
    """Yield the dotted names that a source file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def sources(package: str) -> list[Path]:
    found = sorted((ROOT / "cast_studio" / package).rglob("*.py"))
    assert found
    return found


# import-linter cannot tell the modules of a package outside of ours apart, so this is read here.
@pytest.mark.parametrize("path", sources("app"), ids=lambda path: path.stem)
def test_services_use_no_more_of_qt_than_core_and_gui(path: Path) -> None:
    qt = {name.split(".")[1] for name in imported_by(path) if name.startswith("PySide6.")}

    # Sound goes out through a module that has no widgets either, reached from one place.
    assert qt <= {"QtCore", "QtGui"} | ({"QtMultimedia"} if path.stem == "sound_sink" else set())
    assert "PySide6" not in imported_by(path)


@pytest.mark.parametrize("path", sources("core"), ids=lambda path: path.stem)
def test_core_is_pure(path: Path) -> None:
    imported = set(imported_by(path))
    outside = {name.partition(".")[0] for name in imported} - {"cast_studio"}
    inside = {name for name in imported if name.startswith("cast_studio.")}

    assert outside <= {*sys.stdlib_module_names, "numpy"}
    assert all(
        name.startswith(("cast_studio.core.", "cast_studio.errors.", "cast_studio.said."))
        for name in inside
    )
    # No files, no clock, no chance, no threads: the same arguments always give the same values.
    assert not outside & {
        *("io", "os", "pathlib", "shutil", "socket", "sqlite3", "subprocess", "tempfile"),
        *("datetime", "time"),
        *("random", "secrets", "uuid"),
        *("asyncio", "concurrent", "multiprocessing", "threading"),
        *("logging", "warnings"),
    }


def test_the_packages_themselves_are_light() -> None:
    assert not loaded_by("cast_studio", "training") & {*HEAVY, "numpy"}


def test_core_loads_neither_qt_nor_torch_nor_codecs() -> None:
    loaded = loaded_by("cast_studio.core", deep=True)

    assert "numpy" in loaded
    assert not loaded & set(HEAVY)


def test_the_main_window_starts_without_torch() -> None:
    loaded = loaded_by("cast_studio.ui.main_window")

    assert "PySide6" in loaded
    assert not loaded & {"torch", "torchvision", "transformers", "open_clip"}


def test_training_runs_without_qt() -> None:
    loaded = loaded_by("training", deep=True)

    assert "torch" in loaded
    assert "PySide6" not in loaded
