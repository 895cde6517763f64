"""Headless training: ``python -m training run JOB.json``, and how the bundled files are made."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from cast_studio.errors import CastStudioError, ModelError
from cast_studio.resource_files import resource_path

SAMPLE_SEED = 1
SAMPLE_TRAIN = (90, 90)
SAMPLE_HELDOUT = (36, 36)
_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
SEEDS = 2**63
"""Seeds are smaller than this: no generator takes more, or a negative one."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 when done, 1 when it failed with a sentence, 2 for wrong arguments.
    """
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.command(arguments))
    except CastStudioError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _run(arguments: argparse.Namespace) -> int:
    from training.run import run_job

    return run_job(arguments.job)


def _validate_job(arguments: argparse.Namespace) -> int:
    from training.run import check_job, read_job

    problems = check_job(read_job(arguments.job))
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return 1 if problems else 0


def _describe(arguments: argparse.Namespace) -> int:
    from cast_studio.model.catalog import read_info

    info = read_info(_model_folder(arguments.model))
    values = {
        "name": info.name,
        "parameters": info.parameters,
        "heads": {head.name: [found.name for found in head.classes] for head in info.heads},
        "clip_spec": info.clip_spec.to_json(),
        "network": info.network.to_json(),
        "knows": info.knows,
        "license": info.license,
    }
    sys.stdout.write(json.dumps(values, indent=1) + "\n")
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    from training.evaluate import evaluate

    scores = evaluate(
        _model_folder(arguments.model),
        seed=arguments.seed,
        clips=arguments.clips,
        report=lambda done, total: _show_progress("Rendering and predicting", done, total),
    )
    sys.stdout.write(json.dumps(scores, indent=1) + "\n")
    return 0


def _make_model(arguments: argparse.Namespace) -> int:
    from training.make_model import make_model

    scores = make_model(
        arguments.out,
        _say,
        test_seed=arguments.test_seed,
        test_clips=arguments.test_clips,
        shorten=arguments.shorten,
    )
    sys.stdout.write(json.dumps(scores, indent=1) + "\n")
    return 0


def _study(arguments: argparse.Namespace) -> int:
    from cast_studio.model.catalog import read_info
    from training.study.report import table
    from training.study.runner import run_study
    from training.study.settings import StudySettings

    model = _model_folder(arguments.model)
    settings = StudySettings(
        weights=read_info(model).weights_sha256,
        steps=arguments.steps,
        batch=arguments.batch,
        rate=arguments.rate,
        wrong_nouns=arguments.wrong_nouns,
        test_clips=arguments.test_clips,
        frozen_blocks=arguments.frozen_blocks,
        seeds=arguments.seeds,
    )
    summary = run_study(model, arguments.out, settings, _say, processes=arguments.processes)
    sys.stdout.write("\n".join(table(summary)) + "\n")
    return 0


def _write_card(arguments: argparse.Namespace) -> int:
    from training.card import STUDY_NAME, write_card

    if arguments.study is not None:
        try:
            shutil.copyfile(arguments.study, arguments.model / STUDY_NAME)
        except OSError as error:
            raise ModelError(f"The study cannot be kept beside the model: {error}.") from error
    write_card(arguments.model)
    return 0


def _make_sample(arguments: argparse.Namespace) -> int:
    from training.synthetic.sample import write_sample

    write_sample(arguments.out, train=SAMPLE_TRAIN, heldout=SAMPLE_HELDOUT, seed=SAMPLE_SEED)
    return 0


def _render_heldout(arguments: argparse.Namespace) -> int:
    from training.synthetic.sample import write_heldout

    write_heldout(arguments.out, new=arguments.new, known=arguments.known, seed=arguments.seed)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="train as a job file says")
    run.add_argument("job", type=Path)
    run.set_defaults(command=_run)

    validate = commands.add_parser(
        "validate-job", help="tell what speaks against a job, if anything"
    )
    validate.add_argument("job", type=Path)
    validate.set_defaults(command=_validate_job)

    describe = commands.add_parser("describe", help="print what a model is, as JSON")
    describe.add_argument("model", help="name of a bundled model, or a folder")
    describe.set_defaults(command=_describe)

    _add_measuring(commands)
    _add_making(commands)
    return parser


def _add_measuring(commands: _Commands) -> None:
    measure = commands.add_parser("evaluate", help="measure a model on freshly rendered videos")
    measure.add_argument(
        "--model", default="cast-tiny", help="name of a bundled model, or a folder"
    )
    measure.add_argument("--seed", type=_seed, default=0)
    measure.add_argument("--clips", type=_positive, default=480, help="segments to render")
    measure.set_defaults(command=_evaluate)

    study = commands.add_parser(
        "study", help="compare ways to join the experts; goes on where it was stopped"
    )
    study.add_argument("--out", type=Path, required=True, help="folder of what is finished")
    study.add_argument("--model", default="cast-tiny", help="whose experts to join")
    study.add_argument("--seeds", type=_positive, default=3)
    study.add_argument("--steps", type=_positive, default=200)
    study.add_argument("--batch", type=_positive, default=16, help="clips in a step")
    study.add_argument("--rate", type=float, default=1.5e-3, help="peak of the learning rate")
    study.add_argument(
        "--wrong-nouns",
        type=float,
        default=0.6,
        metavar="SHARE",
        help="of the clips to learn from, 0 to 1: those with a thing of another noun",
    )
    study.add_argument("--test-clips", type=_positive, default=5000)
    study.add_argument(
        "--frozen-blocks", type=int, default=2, help="lower blocks that nothing is added to"
    )
    study.add_argument("--processes", type=_positive, default=2, help="at work at a time")
    study.set_defaults(command=_study)


def _add_making(commands: _Commands) -> None:
    make = commands.add_parser("make-model", help="make the bundled model from nothing")
    make.add_argument("--out", type=Path, required=True)
    make.add_argument("--test-seed", type=_seed, default=0)
    make.add_argument("--test-clips", type=_positive, default=2000)
    make.add_argument("--shorten", type=float, default=1.0, help="share of the steps, for a trial")
    make.set_defaults(command=_make_model)

    sample = commands.add_parser("make-sample", help="render the bundled sample project")
    sample.add_argument("--out", type=Path, required=True)
    sample.set_defaults(command=_make_sample)

    heldout = commands.add_parser(
        "render-heldout", help="render videos to measure a retrained model"
    )
    heldout.add_argument("--out", type=Path, required=True)
    heldout.add_argument("--seed", type=_seed, required=True)
    heldout.add_argument("--new", type=_positive, default=48)
    heldout.add_argument("--known", type=_positive, default=48)
    heldout.set_defaults(command=_render_heldout)

    card = commands.add_parser("write-card", help="make a model's card again, with a study in it")
    card.add_argument("--model", type=Path, required=True, help="the model's folder")
    card.add_argument("--study", type=Path, help="study.json to keep beside the model")
    card.set_defaults(command=_write_card)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not above 0")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < SEEDS:
        raise argparse.ArgumentTypeError(f"{value} is not a number from 0 to {SEEDS - 1}")
    return value


def _model_folder(name: str) -> Path:
    """Return the folder of a model.

    Raises:
        ModelError: There is none of that name.
    """
    folder = Path(name)
    try:
        return folder if folder.is_dir() else resource_path(f"models/{name}")
    except OSError as error:
        raise ModelError(
            f"There is no model “{name}”; give the name of a bundled model, or a model's folder."
        ) from error


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _show_progress(what: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\r{what}: {done} of {total}{end}")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
