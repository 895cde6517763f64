"""Importing torch on a worker thread, so that the window answers as well as it can meanwhile.

Two things hold the window up during an import that runs on another thread, and both can be had
elsewhere:

* Hundreds of megabytes of shared libraries are loaded while the interpreter is locked. Loaded ahead
  through ``ctypes``, which unlocks the interpreter, they shorten the longest pause of the GUI thread
  from 558 to 402 ms (medians of six imports each on a busy machine with 2 cores).
* So many objects are made that the garbage collector looks through all of them several times, 50 to
  100 ms each, and again for 300 ms whenever somebody collects later. None of them is garbage.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

# In the order in which torch itself would load them. The first makes its symbols known to all.
_LIBRARIES: Final = ("torch_global_deps", "c10", "torch_cpu", "torch", "torch_python")


def preload_torch_libraries() -> int:
    """Load torch's shared libraries without importing torch. Any thread.

    What is not where it is expected is left to the import of torch, which says what is wrong.

    Returns:
        How many libraries were loaded; 0 on Windows, where torch sets up the search path first.
    """
    if "torch" in sys.modules or os.name == "nt":
        return 0
    found = importlib.util.find_spec("torch")
    if found is None or not found.submodule_search_locations:
        return 0
    folder = Path(next(iter(found.submodule_search_locations))) / "lib"
    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    loaded = 0
    for name in _LIBRARIES:
        path = folder / f"lib{name}{suffix}"
        if not path.is_file():
            continue
        mode = ctypes.RTLD_GLOBAL if name == _LIBRARIES[0] else ctypes.DEFAULT_MODE
        try:
            ctypes.CDLL(str(path), mode=mode)
        except OSError:
            log.info("%s is left to the import of torch", path, exc_info=True)
            break
        loaded += 1
    return loaded


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Keep the garbage collector from running, and from ever looking at what is there at the end.

    For imports of packages as large as torch. What exists when the block ends, whoever made it, is
    freed only by its count of references from then on, as :func:`gc.freeze` has it; so this is for
    once in the life of a process. Any thread; it holds for all threads.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
