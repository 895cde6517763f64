"""Bringing models and experts on the command line, and taking them away."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cast_studio.__main__ import main
from cast_studio.model.catalog import read_info
from cast_studio.model.expert_catalog import read_expert_info
from cast_studio.model.weights.sources import expert_source
from tests.cli.conftest import ROOT, Program
from tests.model.weights.fake_hub import FakeHub, running_hub
from tests.model.weights.small_experts import clip_bytes, clip_file, videomae_file

pytestmark = pytest.mark.usefixtures("qapp")

SOURCE = expert_source("clip-b16-openai")


@pytest.fixture
def models(home: Path) -> Path:
    return home / "data" / "models"


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    assert SOURCE.hub is not None
    with running_hub() as hub:
        hub.files[f"{SOURCE.hub.repository}/{SOURCE.hub.names[0]}"] = clip_bytes()
        yield hub


def test_fetching_brings_an_expert_with_its_origin(
    program: Program, hub: FakeHub, models: Path, home: Path
) -> None:
    done = program(
        "models", "fetch", SOURCE.name, "--yes", environment={"HF_ENDPOINT": hub.endpoint}
    )

    assert done.returncode == 0, done.stderr
    assert "Imported as the spatial expert “CLIP by OpenAI”" in done.stdout
    assert "About 599 MB" in done.stderr
    assert "license: MIT" in done.stderr
    assert "Downloading 100%" in done.stderr
    info = read_expert_info(models / SOURCE.name)
    assert (info.name, info.expert.kind) == (SOURCE.name, "clip-openai")
    assert info.provenance.bytes == len(clip_bytes())
    assert not (home / "cache" / "downloads" / SOURCE.name).exists()


def test_without_a_terminal_and_without_yes_nothing_is_fetched(
    program: Program, hub: FakeHub, models: Path
) -> None:
    done = program("models", "fetch", SOURCE.name, environment={"HF_ENDPOINT": hub.endpoint})

    assert done.returncode == 1
    assert "run it again with --yes" in done.stderr
    assert hub.ranges == []
    assert not models.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\n", 1)])
def test_on_a_terminal_the_user_is_asked(
    hub: FakeHub, models: Path, answer: str, code: int
) -> None:
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer.encode())
        done = subprocess.run(
            [sys.executable, "-m", "cast_studio", "models", "fetch", SOURCE.name],
            cwd=ROOT,
            env={**os.environ, "HF_ENDPOINT": hub.endpoint},
            stdin=theirs,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)

    assert done.returncode == code, done.stderr
    assert "Download it? [y/N]" in done.stderr
    assert (models / SOURCE.name).is_dir() == (code == 0)


def test_without_network_one_sentence_says_how_to_bring_the_file_by_hand(
    program: Program, models: Path
) -> None:
    with running_hub() as hub:
        gone = hub.endpoint

    done = program("models", "fetch", SOURCE.name, "--yes", environment={"HF_ENDPOINT": gone})

    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "cannot be reached" in last
    assert "models import FILE --kind clip-openai" in last
    assert not models.exists()


def test_what_is_there_is_not_fetched_twice(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = clip_file(tmp_path / "clip.safetensors")
    assert main(["models", "import", str(file), "--kind", SOURCE.kind, "--name", SOURCE.name]) == 0

    assert main(["models", "fetch", SOURCE.name, "--yes"]) == 1

    assert "in the library already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("mvd-b16", "persons only"), ("clip-b17", "choose one of these: clip-b16-openai")],
)
def test_what_cannot_be_fetched_is_said(
    name: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "fetch", name, "--yes"]) == 1
    assert sentence in capsys.readouterr().err


def test_an_imported_expert_is_listed_with_its_terms(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = videomae_file(tmp_path / "motion.safetensors")

    assert main(["models", "import", str(file), "--name", "motion"]) == 0

    said = capsys.readouterr()
    assert "Imported as the temporal expert" in said.out
    assert "for non-commercial use only" in said.err
    assert main(["models", "list"]) == 0
    listed = capsys.readouterr().out
    assert "motion (yours)\n  non-commercial · temporal expert · 5 MB" in listed
    assert str(models / "motion") in listed
    assert "clip-b16-laion2b: " in listed.partition("Not installed")[2]


def test_all_that_is_known_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = videomae_file(tmp_path / "motion.safetensors")
    assert main(["models", "import", str(file), "--name", "motion", "--report"]) == 0
    report = capsys.readouterr().out
    assert "Left out (1):\n  mask_token:" in report

    assert main(["models", "info", "motion"]) == 0

    said = capsys.readouterr().out
    for text in ("“motion.safetensors”", "sha256", "CC BY-NC 4.0", "patches of 56", "mask_token"):
        assert text in said


def test_an_expert_that_is_not_there_yet_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "info", "videomae-b16-k400"]) == 0

    said = capsys.readouterr().out
    assert "about 377 MB" in said
    assert "https://huggingface.co/MCG-NJU/videomae-base" in said


def test_a_file_that_is_nothing_of_ours_fails_in_one_sentence(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cat.pth"
    file.write_bytes(b"\xff\xd8\xff" + bytes(100))

    assert main(["models", "import", str(file)]) == 1

    complaint = capsys.readouterr().err.splitlines()[-1]
    assert "cat.pth" in complaint
    assert "JPEG" in complaint
    assert not models.exists() or list(models.iterdir()) == []


def test_two_experts_make_a_model_that_can_be_used(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip_file(tmp_path / "look.safetensors")
    videomae_file(tmp_path / "motion.safetensors")
    for name, kind in (("look", "clip-openai"), ("motion", "videomae-transformers")):
        file = tmp_path / f"{name}.safetensors"
        assert main(["models", "import", str(file), "--kind", kind]) == 0
    verbs, nouns = tmp_path / "verbs.csv", tmp_path / "noun.txt"
    verbs.write_text("id,key,category\n1,put,leave\n0,take,retrieve\n", "utf-8")
    nouns.write_text("cup\n\nsaucer\nspoon\n", "utf-8")
    capsys.readouterr()

    lists = ["--classes", f"verb={verbs}", str(nouns)]
    code = main(["models", "combine", "look", "motion", "--name", "mine", *lists])

    said = capsys.readouterr()
    assert code == 0, said.err
    assert "Made “mine” of “look” and “motion” for 2 verbs and 3 nouns" in said.out
    assert "non-commercial" in said.err
    info = read_info(models / "mine")
    assert [head.name for head in info.heads] == ["verb", "noun"]
    assert [found.name for found in info.heads[0].classes] == ["take", "put"]
    assert [origin.source for origin in info.provenance] == [
        "look.safetensors",
        "motion.safetensors",
    ]
    assert (
        main(["models", "combine", "motion", "look", "--name", "no", "--classes", str(nouns)]) == 1
    )
    assert "one of each" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "it is empty"),
        ("cup\ncup\n", "are called"),
        ("id,meaning\n0,cup\n", "no column"),
        ("id,key\n0,cup\n2,pan\n", "count up from 0"),
        ("id,key\nx,cup\n", "invalid literal"),
    ],
)
def test_a_wrong_list_of_classes_is_named(
    tmp_path: Path, content: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / ("classes.csv" if "," in content else "classes.txt")
    file.write_text(content, "utf-8")

    assert main(["models", "combine", "a", "b", "--name", "c", "--classes", str(file)]) == 1

    complaint = capsys.readouterr().err
    assert str(file) in complaint
    assert sentence in complaint


def install(tiny_model: Path, models: Path) -> Path:
    shutil.copytree(tiny_model, models / "tiny")
    return models / "tiny"


def test_removing_asks_and_names_what_depends_on_it(
    tiny_model: Path, models: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = install(tiny_model, models)
    run = home / "data" / "projects" / "kitchen.cast" / "runs" / "1"
    run.mkdir(parents=True)
    config = {
        "format": 1,
        "base": "tiny",
        "base_sha256": read_info(folder).weights_sha256,
        "adapter_sha256": "0" * 64,
        "heads": [],
        "schema_fingerprint": "",
        "created_at": "2026-01-01",
    }
    (run / "adapter.json").write_text(json.dumps(config), "utf-8")

    assert main(["models", "remove", "tiny"]) == 1

    complaint = capsys.readouterr().err
    assert "a trained model of the project “kitchen”" in complaint
    assert "--yes" in complaint
    assert folder.is_dir()

    assert main(["models", "remove", "tiny", "--yes"]) == 0
    assert list(models.iterdir()) == []
    assert (run / "adapter.json").is_file()


def test_a_bundled_model_stays(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "remove", "cast-tiny", "--yes"]) == 1

    assert "came with the program" in capsys.readouterr().err
    assert (ROOT / "resources" / "models" / "cast-tiny" / "config.json").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_of_a_linked_model_only_the_link_goes(
    tiny_model: Path, models: Path, tmp_path: Path
) -> None:
    elsewhere = shutil.copytree(tiny_model, tmp_path / "elsewhere")
    models.mkdir(parents=True)
    (models / "tiny").symlink_to(elsewhere)

    assert main(["models", "remove", "tiny", "--yes"]) == 0

    assert list(models.iterdir()) == []
    assert (elsewhere / "config.json").is_file()


@pytest.mark.parametrize("action", ["info", "remove"])
def test_what_is_not_there_is_answered_with_what_is(
    action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", action, "nothing-such"]) == 1
    assert "installed: “cast-tiny”" in capsys.readouterr().err
