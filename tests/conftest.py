"""Isolation and order: a test touches none of the user's folders and leaves nothing running."""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.leaks import MARK, LeakCheck

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# Programs that tests start compile the modules they import once, not each of them anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Two processes run tests side by side: threads that wait for each other in a loop would hold both up.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# Property tests judge what is right, not how fast a busy machine is.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

MEMORY = Path("/dev/shm")
MEMORY_BYTES = 4 * 2**30
"""So much must be free there for tests to keep their files in memory."""


def pytest_configure() -> None:
    """Keep the files of tests in memory where there is room, unless ``TMPDIR`` says where.

    Hundreds of tests make a project, and each waits for the disk many times. What a program that is
    killed has written is there all the same: only a machine that loses its power could tell.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= MEMORY_BYTES:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # it is looked up once, and now elsewhere


HAS_FAILED = pytest.StashKey[bool]()
TESTS_BETWEEN_FULL_LOOKS = 100
_tests_begun = itertools.count(1)


def pytest_collection_finish() -> None:
    """Collect garbage between tests only, on the thread of the tests. See `cast_studio.app.garbage`."""
    gc.disable()
    _set_aside_what_lives()


def _set_aside_what_lives() -> None:
    """Spare the collector, and the search for what is left behind, what was there before a test.

    That is nearly everything: torch and Qt alone are a million objects. What dies among it is found
    now and then.
    """
    if next(_tests_begun) % TESTS_BETWEEN_FULL_LOOKS == 0:
        gc.unfreeze()
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport]:
    """Remember whether any part of a test has failed."""
    report = yield
    item.stash[HAS_FAILED] = item.stash.get(HAS_FAILED, False) or report.failed
    return report


@pytest.fixture(autouse=True)
def _files_removed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Remove the files of a test that has passed, after all that may still be using them."""
    yield
    folder = request.node.funcargs.get("tmp_path")
    if folder is not None and not request.node.stash.get(HAS_FAILED, False):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _garbage_collected() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def _isolated_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Point the program's own folders (settings, logs, cache) to a place of this test's own."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAST_STUDIO_HOME", str(home))
        yield home


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread, an active QTimer, a process or a window behind.

    Set up before the fixtures of the test, and so torn down after them.
    """
    _set_aside_what_lives()
    check = LeakCheck()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARK, check.mark)
        yield
    left = check.wait()
    if left:
        pytest.fail("the test left behind: " + "; ".join(left), pytrace=False)
