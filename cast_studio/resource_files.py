"""Where the bundled files are: in a checkout, in an installed wheel and in a frozen build."""

from __future__ import annotations

import sys
from pathlib import Path


def resource_path(name: str = "") -> Path:
    """Return the path of a bundled file or folder.

    Args:
        name: Path below ``resources/``, with forward slashes; empty for the folder itself.

    Returns:
        An existing path.

    Raises:
        FileNotFoundError: The file is not part of this installation.
    """
    package = Path(__file__).resolve().parent
    candidates = [package / "resources", package.parent / "resources"]
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None:
        candidates.insert(0, Path(frozen) / "resources")
    for root in candidates:
        path = root / name if name else root
        if path.exists():
            return path
    raise FileNotFoundError(
        f"The bundled file “{name}” is missing from this installation; install CAST Studio again."
    )
