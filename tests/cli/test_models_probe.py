"""Probing a model with one clip."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cast_studio.__main__ import main
from cast_studio.model.checkpoints import load_cast, save_adapter
from tests.cli.conftest import ROOT
from tests.model.examples import CONFIG
from tests.model.official_weights import draw_clip as official_clip
from tests.model.official_weights import draw_weight
from tests.model.weights.small_experts import videomae_file

pytestmark = pytest.mark.usefixtures("qapp")

REFERENCE = ROOT.parent / "shared" / "reference"
SHAPE = (3, CONFIG.frames, CONFIG.size, CONFIG.size)
TIMES, PATCHES = CONFIG.frames // CONFIG.tubelet, (CONFIG.size // CONFIG.patch) ** 2


def draw_clip() -> NDArray[np.float32]:
    return np.random.default_rng(3).standard_normal(SHAPE).astype(np.float32)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    np.save(tmp_path / "clip.npy", draw_clip())
    return tmp_path / "clip.npy"


def probe(model: object, clip: Path, out: Path, *options: str) -> int:
    return main(["models", "probe", str(model), "--clip", str(clip), "--out", str(out), *options])


def expected(model: Path, dtype: torch.dtype) -> dict[str, NDArray[np.floating]]:
    cast = load_cast(model).cast.to(dtype)
    with torch.inference_mode():
        output = cast(torch.from_numpy(draw_clip())[None].to(dtype), attention=True)
    found = {f"logits_{head}": logits[0].numpy() for head, logits in output.logits.items()}
    found |= {f"s2t_{at:02d}": weights[0].numpy() for at, weights in enumerate(output.s2t)}
    return found | {f"t2s_{at:02d}": weights[0].numpy() for at, weights in enumerate(output.t2s)}


def test_in_double_precision_it_gives_the_network_s_own_numbers(
    tiny_model: Path, clip: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.npz"

    assert probe(tiny_model, clip, out, "--precision", "float64", "--attention") == 0

    wanted = expected(tiny_model, torch.float64)
    with np.load(out) as found:
        assert (
            set(found)
            == set(wanted)
            == {*("logits_verb", "logits_noun", "s2t_00", "s2t_01", "t2s_00", "t2s_01")}
        )
        for name, values in wanted.items():
            np.testing.assert_allclose(found[name], values, rtol=0, atol=1e-12)
            assert found[name].dtype == np.float64
        assert found["logits_verb"].shape == (3,)
        assert found["s2t_00"].shape == (TIMES, PATCHES, PATCHES)
        assert found["t2s_00"].shape == (PATCHES, TIMES, TIMES)


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 0.3)])
def test_other_precisions_are_near_and_hold_no_attention_unless_asked(
    tiny_model: Path, clip: Path, tmp_path: Path, precision: str, tolerance: float
) -> None:
    out = tmp_path / "out.npz"

    assert probe(tiny_model, clip, out, "--precision", precision) == 0

    wanted = expected(tiny_model, torch.float64)
    with np.load(out) as found:
        assert set(found) == {"logits_verb", "logits_noun"}
        for name in found:
            assert found[name].dtype == np.float32
            np.testing.assert_allclose(found[name], wanted[name], rtol=0, atol=tolerance)
            assert not np.array_equal(found[name], wanted[name])


@pytest.mark.parametrize("dtype", [">f4", "<f8", "<f2"])
def test_clips_of_any_floating_type_and_order_are_read(
    tiny_model: Path, tmp_path: Path, dtype: str
) -> None:
    np.save(tmp_path / "clip.npy", np.asfortranarray(draw_clip().astype(dtype)))

    assert probe(tiny_model, tmp_path / "clip.npy", tmp_path / "out.npz") == 0

    wanted = expected(tiny_model, torch.float64)["logits_verb"]
    with np.load(tmp_path / "out.npz") as found:
        atol = 0.02 if dtype == "<f2" else 1e-5
        np.testing.assert_allclose(found["logits_verb"], wanted, rtol=0, atol=atol)


def test_a_model_is_found_by_its_name_too(
    tiny_model: Path, clip: Path, tmp_path: Path, home: Path
) -> None:
    shutil.copytree(tiny_model, home / "data" / "models" / "tiny")

    assert probe("tiny", clip, tmp_path / "out.npz") == 0


def test_a_trained_model_answers_with_what_it_learned(
    tiny_model: Path, clip: Path, tmp_path: Path, home: Path
) -> None:
    shutil.copytree(tiny_model, home / "data" / "models" / "tiny")
    loaded = load_cast(tiny_model)
    with torch.no_grad():
        loaded.cast.get_parameter("heads.verb.bias").add_(1.0)
    save_adapter(
        tmp_path / "run",
        loaded.cast,
        model=loaded.model,
        heads=loaded.heads,
        created_at="2026-01-01",
        metrics={},
    )

    assert probe(tmp_path / "run", clip, tmp_path / "out.npz", "--precision", "float64") == 0

    wanted = expected(tiny_model, torch.float64)["logits_verb"] + 1.0
    with np.load(tmp_path / "out.npz") as found:
        np.testing.assert_allclose(found["logits_verb"], wanted, rtol=0, atol=1e-6)


def save_clip(path: Path, what: str) -> None:
    values = draw_clip()
    match what:
        case "another shape":
            np.save(path, values[:, :-1])
        case "a batch":
            np.save(path, values[None])
        case "not finite":
            values[1, 2, 3, 4] = np.nan
            np.save(path, values)
        case "whole numbers":
            np.save(path, np.zeros(SHAPE, np.uint8))
        case "complex numbers":
            np.save(path, values.astype(np.complex64))
        case "Python objects":
            np.save(path, np.array([{"a": 1}], object), allow_pickle=True)
        case "several arrays":
            np.savez(path.with_suffix(".npz"), a=values)
            path.with_suffix(".npz").rename(path)
        case "a torn file":
            np.save(path, values)
            path.write_bytes(path.read_bytes()[:-100])
        case "a claim of a terabyte":
            np.save(path, values)
            head = path.read_bytes()
            path.write_bytes(head.replace(f"{SHAPE}".encode(), b"(9, 9999999)   ")[: len(head)])
        case "no array":
            path.write_text("milk, bread")
        case "empty":
            path.write_bytes(b"")
        case "a folder":
            path.mkdir()


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("another shape", "wants (3, 8, 16, 16)"),
        ("a batch", "wants (3, 8, 16, 16)"),
        ("not finite", "not finite"),
        ("whole numbers", "holds uint8"),
        ("complex numbers", "holds complex64"),
        ("Python objects", "Python objects"),
        ("several arrays", "several arrays"),
        ("a torn file", "is not a clip"),
        ("a claim of a terabyte", "is not a clip"),
        ("no array", "is not a clip"),
        ("empty", "is not a clip"),
        ("a folder", "is not a clip"),
        ("missing", "There is no clip"),
    ],
)
def test_what_is_no_clip_is_refused_in_one_sentence(
    tiny_model: Path,
    tmp_path: Path,
    what: str,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, out = tmp_path / "clip.npy", tmp_path / "out.npz"
    save_clip(path, what)

    assert probe(tiny_model, path, out) == 1

    complaint = capsys.readouterr().err
    assert sentence in complaint
    assert len(complaint.splitlines()) == 1
    assert not out.exists()


def test_the_clip_is_not_replaced_by_the_answer(
    tiny_model: Path, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = clip.read_bytes()

    assert probe(tiny_model, clip, clip) == 1

    assert "would be replaced" in capsys.readouterr().err
    assert clip.read_bytes() == before


def test_where_nothing_can_be_written_it_says_so_first(
    tiny_model: Path, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert probe(tiny_model, clip, tmp_path / "nowhere" / "out.npz") == 1

    assert "there is no folder" in capsys.readouterr().err


def test_an_expert_alone_has_no_answers(
    clip: Path, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = videomae_file(tmp_path / "motion.safetensors")
    assert main(["models", "import", str(file)]) == 0

    for name in ("motion", home / "data" / "models" / "motion"):
        capsys.readouterr()
        assert probe(name, clip, tmp_path / "out.npz") == 1
        assert "is an expert alone" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not REFERENCE.is_dir(), reason=f"the published outputs are not at {REFERENCE}")
def test_an_imported_official_model_gives_the_published_numbers(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = json.loads((REFERENCE / "keys.json").read_text())["ssv2"]
    state = {
        key: torch.from_numpy(draw_weight(key, tuple(entry["shape"]), "base").astype(np.float32))
        for key, entry in keys.items()
    }
    torch.save({"module": state}, tmp_path / "ssv2.pth")
    del state
    np.save(tmp_path / "clip.npy", official_clip(0)[0].numpy())
    out = tmp_path / "out.npz"
    assert main(["models", "import", str(tmp_path / "ssv2.pth"), "--name", "ssv2"]) == 0
    assert "non-commercial" in capsys.readouterr().err

    assert probe("ssv2", tmp_path / "clip.npy", out, "--precision", "float64", "--attention") == 0

    with (
        np.load(out) as found,
        np.load(REFERENCE / "logits_fp64_ssv2_base.npz") as logits,
        np.load(REFERENCE / "activations_ssv2_base.npz") as inside,
    ):
        published = logits["logits"].reshape(-1)
        np.testing.assert_allclose(found["logits_action"], published, rtol=0, atol=1e-10)
        for way, shape in (("s2t", (8, 196, 196)), ("t2s", (196, 8, 8))):
            assert {name for name in found if name.startswith(way)} == {
                f"{way}_{block:02d}" for block in range(12)
            }
            assert found[f"{way}_11"].shape == shape
            wanted = inside[f"L11.attn.{way}_cross|headmean_full"]
            np.testing.assert_allclose(found[f"{way}_11"], wanted, rtol=0, atol=1e-5)
