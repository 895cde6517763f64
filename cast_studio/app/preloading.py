"""Importing torch on a worker thread, so that the window answers as well as it can meanwhile.

An import loads hundreds of megabytes of shared libraries, and holds the interpreter's lock while it
does; so does ``ctypes.CDLL``. A C function that is called through ``ctypes`` does not, and ``dlopen`` is
one.
"""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import os
import sys
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
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    loaded = 0
    for name in _LIBRARIES:
        path = folder / f"lib{name}{suffix}"
        if not path.is_file():
            continue
        visibility = os.RTLD_GLOBAL if name == _LIBRARIES[0] else os.RTLD_LOCAL
        if dlopen(os.fsencode(path), os.RTLD_NOW | visibility) is None:
            log.info("%s is left to the import of torch", path)
            break
        loaded += 1
    return loaded
