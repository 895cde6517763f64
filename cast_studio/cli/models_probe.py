"""``cast-studio models probe``: what a model gives for one clip, for whoever wants to compare."""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cast_studio.app.model_library import ModelLibrary
from cast_studio.app.preferences import AppFolders
from cast_studio.cli.exits import ExitCode
from cast_studio.cli.model_choice import MODEL_HELP, choose_model
from cast_studio.cli.output_file import check_output
from cast_studio.cli.terminal import say
from cast_studio.errors import ExportError, ModelError
from cast_studio.storage.atomic import replacing

if TYPE_CHECKING:
    from cast_studio.cli.commands import Subparsers

# Those of cast_studio.model.probing, which takes torch with it: not for a help text.
PRECISIONS: Final = ("float64", "float32", "bfloat16")


def add_probe(actions: Subparsers) -> None:
    """Describe the command."""
    parser = actions.add_parser(
        "probe",
        help="run a model on one clip and write its logits",
        description=(
            "Run a model on one normalized clip, (3, 16, 224, 224) or the model's own sizes, and write "
            "logits_HEAD for each head; with --attention also s2t_BB and t2s_BB for each block, averaged "
            "over heads."
        ),
    )
    parser.add_argument("name", metavar="NAME", help=MODEL_HELP)
    parser.add_argument("--clip", required=True, type=Path, metavar="CLIP.npy")
    parser.add_argument("--out", required=True, type=Path, metavar="OUT.npz")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--attention", action="store_true", help="also where the streams look")
    parser.set_defaults(act=probe_clip)


def probe_clip(args: argparse.Namespace) -> int:
    """Run the model and write the file, completely or not at all."""
    out: Path = args.out
    check_output(out)
    if out.exists() and args.clip.exists() and out.samefile(args.clip):
        raise ExportError(
            f"“{out}” is the clip and would be replaced; choose another file to write."
        )
    folders = AppFolders.default()
    _refuse_expert(args.name, folders)
    choice = choose_model(args.name, folders)
    clip = read_clip(args.clip)
    from cast_studio.model.probing import probe

    found = probe(
        choice.base.folder,
        clip,
        adapter_folder=choice.adapter,
        precision=args.precision,
        attention=args.attention,
    )
    try:
        with replacing(out) as file:
            np.savez(file, **found)  # type: ignore[arg-type]  # names of arrays, not of options
    except OSError as error:
        raise ExportError(
            f"“{out}” cannot be written ({error.strerror or error}); choose another file or make room."
        ) from error
    say(f"Wrote {', '.join(found)} to “{out}”.")
    return ExitCode.OK


def _refuse_expert(text: str, folders: AppFolders) -> None:
    for item in ModelLibrary(folders).items():
        if item.kind == "expert" and text in (item.name, str(item.folder)):
            raise ModelError(
                f"“{item.name}” is an expert alone, which tells no classes; make a model of two with "
                "“cast-studio models combine”."
            )


def read_clip(path: Path) -> NDArray[np.generic]:
    """Read an array from a .npy file, whose claims about its size are checked against the file first.

    Raises:
        ModelError: It cannot be read, or is no plain array.
    """
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise ModelError(f"There is no clip “{path}”; check its name.") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(
            f"“{path}” is not a clip: {str(error).rstrip('.')}; save the array with numpy.save, without "
            "Python objects in it."
        ) from error
    if not isinstance(found, np.ndarray):
        found.close()
        raise ModelError(f"“{path}” holds several arrays; save the clip alone, with numpy.save.")
    clip: NDArray[np.generic] = found
    return clip
