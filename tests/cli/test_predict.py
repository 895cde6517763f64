"""Predicting files on the command line, with a real network and real videos."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from cast_studio.__main__ import main
from cast_studio.core.views import VIEW_SCHEMES
from cast_studio.media.clip_reader import ClipReader
from cast_studio.model.catalog import read_info
from cast_studio.model.checkpoints import load_cast, save_adapter, widen_heads
from cast_studio.model.predictor import CastPredictor
from cast_studio.storage.formats.csv import read_csv
from cast_studio.storage.formats.segment_rows import Row
from tests import videos
from tests.cli.conftest import KNOWS, ROOT, Program
from tests.fakes import SCHEMA, make_head
from tests.storage.examples import unprivileged

pytestmark = pytest.mark.usefixtures("qapp")


def predict(out: Path, model: Path, *paths: Path, views: str = "") -> int:
    scheme = ["--views", views] if views else []
    return main(["predict", *map(str, paths), "--out", str(out), "--model", str(model), *scheme])


def rows_by_video(out: Path) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in read_csv(out):
        found.setdefault(row["video_path"], []).append(row)
    return found


def test_the_segments_of_each_video_fill_it(
    tiny_model: Path,
    color_video: Path,
    short_video: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "found.csv"

    assert predict(out, tiny_model, color_video, short_video) == 0

    found = rows_by_video(out)
    assert set(found) == {color_video.as_posix(), short_video.as_posix()}
    for path, n_frames in ((color_video, 144), (short_video, 12)):
        rows = found[path.as_posix()]
        starts = [int(row["start_frame"]) for row in rows]
        stops = [int(row["stop_frame"]) for row in rows]
        # Half-open: each begins where the one before it stops, from the first frame to the end.
        assert [*starts, n_frames] == [0, *stops]
        assert float(rows[0]["start_time_s"]) == 0
        assert float(rows[-1]["stop_time_s"]) == pytest.approx(n_frames / 24)
    for row in (row for rows in found.values() for row in rows):
        assert row["source"] == "model"
        top = json.loads(row["top5"])
        assert [row["verb"], row["noun"]] == [top[head][0][0] for head in ("verb", "noun")]
        assert float(row["score"]) == pytest.approx(top["verb"][0][1] * top["noun"][0][1], abs=1e-5)
    captured = capsys.readouterr()
    n_rows = sum(map(len, found.values()))
    assert captured.out == f"Wrote {n_rows} rows for 2 videos to “{out}”.\n"
    assert KNOWS in captured.err


@pytest.mark.parametrize("name", ["uniform", "dense"])
def test_with_views_each_video_gets_one_row_of_mean_probabilities(
    tiny_model: Path,
    color_video: Path,
    short_video: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    out = tmp_path / "found.csv"

    assert predict(out, tiny_model, color_video, short_video, views=name) == 0

    found = rows_by_video(out)
    assert set(found) == {color_video.as_posix(), short_video.as_posix()}
    predictor = CastPredictor.load(tiny_model)
    (scheme,) = (scheme for scheme in VIEW_SCHEMES.values() if scheme.name == name)
    for path, n_frames in ((color_video, 144), (short_video, 12)):
        (row,) = found[path.as_posix()]
        assert (int(row["start_frame"]), int(row["stop_frame"])) == (0, n_frames)
        with ClipReader(path, predictor.clip_spec) as reader:
            clips = [clip for clip in reader.read_views(scheme) if clip is not None]
        scores = predictor.predict(np.stack(clips)).scores
        for head in predictor.heads:
            mean = scores[head.name].mean(0)
            ranked = dict(json.loads(row["top5"])[head.name])
            assert [ranked[c.name] for c in head.classes] == pytest.approx(mean, abs=1e-4)
    n_views = len(scheme.views)
    assert capsys.readouterr().out == (
        f"Wrote 2 rows for 2 videos to “{out}”, each from {n_views} views.\n"
    )


def test_unknown_views_are_a_usage_error(
    tiny_model: Path, short_video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predict(tmp_path / "a.csv", tiny_model, short_video, views="all") == 2

    assert "uniform" in capsys.readouterr().err


def test_a_damaged_part_is_told_and_the_rest_predicted(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = videos.with_damaged_frames(
        tmp_path / "damaged.mkv", damaged=range(72, 192), count=240
    )
    out = tmp_path / "found.csv"

    assert predict(out, tiny_model, damaged) == 0

    rows = rows_by_video(out)[damaged.name]
    assert (int(rows[0]["start_frame"]), int(rows[-1]["stop_frame"])) == (0, 240)
    assert "cannot be read from 3.0 to 8.0 seconds" in capsys.readouterr().err


def test_the_same_videos_give_the_same_file(
    tiny_model: Path, color_video: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.mp4"
    shutil.copy(color_video, copy)
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"

    assert predict(first, tiny_model, color_video, copy) == 0
    assert predict(second, tiny_model, color_video, copy) == 0

    assert first.read_bytes() == second.read_bytes()
    # Equal in content, and still two videos.
    assert len({row["video_id"] for row in read_csv(first)}) == 2


def test_a_video_named_twice_is_predicted_once(
    tiny_model: Path, short_video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predict(tmp_path / "a.csv", tiny_model, short_video, short_video) == 0

    assert "for 1 video to" in capsys.readouterr().out


def test_two_names_of_one_video_are_one_video(
    tiny_model: Path,
    short_video: Path,
    color_video: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(short_video.parent)
    out = tmp_path / "a.csv"

    assert predict(out, tiny_model, Path("short.mp4"), color_video, short_video) == 0

    assert "for 2 videos to" in capsys.readouterr().out
    assert set(rows_by_video(out)) == {short_video.as_posix(), color_video.as_posix()}


def test_a_video_beside_the_file_is_named_as_seen_from_there(
    tiny_model: Path, short_video: Path, tmp_path: Path
) -> None:
    (tmp_path / "videos").mkdir()
    shutil.copy(short_video, tmp_path / "videos" / "a.mp4")

    assert predict(tmp_path / "found.csv", tiny_model, tmp_path / "videos" / "a.mp4") == 0

    assert set(rows_by_video(tmp_path / "found.csv")) == {"videos/a.mp4"}


@pytest.mark.parametrize("count", [1, 2])
def test_a_video_of_a_frame_or_two_gets_a_row(tiny_model: Path, tmp_path: Path, count: int) -> None:
    out = tmp_path / "a.csv"

    assert predict(out, tiny_model, videos.constant_rate(tmp_path / "a.mp4", count=count)) == 0

    assert [(row["start_frame"], row["stop_frame"]) for row in read_csv(out)] == [("0", str(count))]


def test_a_name_that_is_a_formula_is_defused(
    tiny_model: Path, short_video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(short_video, "=1+2.mp4")

    assert predict(Path("a.csv"), tiny_model, Path("=1+2.mp4")) == 0

    assert b",'=1+2.mp4," in Path("a.csv").read_bytes()
    assert {row["video_path"] for row in read_csv(Path("a.csv"))} == {"=1+2.mp4"}


def test_all_bad_videos_are_named_and_nothing_is_written(
    tiny_model: Path, short_video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.csv"
    out.write_text("what was there before")
    (tmp_path / "notes.mp4").write_text("milk, bread")
    (tmp_path / "empty.mp4").touch()
    bad = [tmp_path / name for name in ("gone.mp4", "notes.mp4", "empty.mp4")]

    assert predict(out, tiny_model, short_video, *bad) == 1

    *sentences, last = capsys.readouterr().err.splitlines()
    assert len(sentences) == 3
    assert all(any(path.name in sentence for sentence in sentences) for path in bad)
    assert last == f"“{out}” was not written; there is nothing wrong with “{short_video}”."
    assert out.read_text() == "what was there before"
    assert not list(tmp_path.glob(".cast-studio*"))


def test_a_video_that_is_cut_off_is_predicted_with_a_warning(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = videos.truncated(tmp_path / "cut.mp4")
    out = tmp_path / "a.csv"

    assert predict(out, tiny_model, cut) == 0

    assert len(read_csv(out)) >= 1
    assert "cut.mp4" in capsys.readouterr().err


def test_a_video_is_never_replaced_by_its_prediction(
    tiny_model: Path, short_video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = tmp_path / "a.mp4"
    shutil.copy(short_video, video)

    assert predict(tmp_path / "." / "a.mp4", tiny_model, video) == 1

    assert "is one of the videos" in capsys.readouterr().err
    assert video.read_bytes() == short_video.read_bytes()


@pytest.mark.parametrize(
    ("name", "reason"), [("nowhere/a.csv", "there is no folder"), ("", "it is a folder")]
)
def test_a_place_that_cannot_be_written_is_refused_first(
    tiny_model: Path,
    short_video: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    reason: str,
) -> None:
    assert predict(tmp_path / name, tiny_model, short_video) == 1

    captured = capsys.readouterr()
    assert reason in captured.err
    assert "Predicting" not in captured.err
    assert len(captured.err.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
@pytest.mark.parametrize("exists", [False, True])
def test_a_folder_that_may_not_be_written_is_refused_first(
    tiny_model: Path, short_video: Path, capsys: pytest.CaptureFixture[str], exists: bool
) -> None:
    # Not pytest's folder, which another user may not even enter.
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "a.csv"
        if exists:
            out.write_text("what was there before")
            out.chmod(0o666)
        out.parent.chmod(0o555)
        try:
            with unprivileged():
                assert predict(out, tiny_model, short_video) == 1
        finally:
            out.parent.chmod(0o700)
        assert [path.read_text() for path in out.parent.iterdir()] == (
            ["what was there before"] if exists else []
        )

    complaint = capsys.readouterr().err.splitlines()[-1]
    assert complaint.startswith(f"“{out}” cannot be written: nothing may be written in the folder")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_write_protected_file_is_refused_first(
    tiny_model: Path, short_video: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "a.csv"
        out.write_text("what was there before")
        out.chmod(0o444)
        out.parent.chmod(0o777)
        with unprivileged():
            assert predict(out, tiny_model, short_video) == 1
        assert out.read_text() == "what was there before"

    complaint = capsys.readouterr().err.splitlines()[-1]
    assert complaint.startswith(f"“{out}” may not be written;")


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_links_in_a_circle_are_refused_first(
    tiny_model: Path, short_video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.csv"
    out.symlink_to(out)

    assert predict(out, tiny_model, short_video) == 1

    assert capsys.readouterr().err.startswith(f"“{out}” cannot be written")


def test_an_unknown_model_is_refused(
    short_video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predict(tmp_path / "a.csv", Path("cast-huge"), short_video) == 1

    assert "There is no model “cast-huge”" in capsys.readouterr().err
    assert not (tmp_path / "a.csv").exists()


def test_a_damaged_model_is_refused(
    tiny_model: Path, short_video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(tiny_model, broken)
    weights = bytearray((broken / "model.safetensors").read_bytes())
    weights[-8:] = b"\0" * 8
    (broken / "model.safetensors").write_bytes(weights)

    assert predict(tmp_path / "a.csv", broken, short_video) == 1

    complaint = capsys.readouterr().err
    assert str(broken) in complaint
    assert "Traceback" not in complaint
    assert not (tmp_path / "a.csv").exists()


def test_models_of_ones_own_are_found_by_name(
    tiny_model: Path, short_video: Path, tmp_path: Path, home: Path
) -> None:
    shutil.copytree(tiny_model, home / "data" / "models" / "mine")

    assert predict(tmp_path / "a.csv", Path("tiny"), short_video) == 0


def test_a_trained_model_predicts_its_own_classes(
    tiny_model: Path, short_video: Path, tmp_path: Path, home: Path
) -> None:
    shutil.copytree(tiny_model, home / "data" / "models" / "tiny")
    heads = (make_head("verb", "take", "put", "cut", "juggle"), SCHEMA.heads[1])
    cast = widen_heads(load_cast(tiny_model), heads)
    save_adapter(
        tmp_path / "trained",
        cast,
        model=read_info(tiny_model),
        heads=heads,
        created_at="2026-01-31T12:00:00Z",
        metrics={},
    )

    assert predict(tmp_path / "a.csv", tmp_path / "trained", short_video) == 0

    (row, *_) = read_csv(tmp_path / "a.csv")
    assert "juggle" in dict(json.loads(row["top5"])["verb"])


def test_a_trained_model_without_its_base_is_refused(
    tiny_model: Path, short_video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_adapter(
        tmp_path / "trained",
        load_cast(tiny_model).cast,
        model=read_info(tiny_model),
        heads=SCHEMA.heads,
        created_at="2026-01-31T12:00:00Z",
        metrics={},
    )

    assert predict(tmp_path / "a.csv", tmp_path / "trained", short_video) == 1

    assert "needs the version of “tiny”" in capsys.readouterr().err


def test_commands_load_no_widgets(tiny_model: Path, short_video: Path, tmp_path: Path) -> None:
    arguments = ["predict", str(short_video), "--out", str(tmp_path / "a.csv")]
    code = (
        "import sys; from cast_studio.__main__ import main\n"
        f"assert main({[*arguments, '--model', str(tiny_model)]!r}) == 0\n"
        "print('\\n', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    modules = set(done.stdout.splitlines()[-1].split())
    assert {"torch", "PySide6.QtCore"} <= modules
    assert not modules & {"PySide6.QtWidgets", "PySide6.QtGui", "pyqtgraph"}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_ctrl_c_ends_it_and_writes_nothing(tiny_model: Path, tmp_path: Path) -> None:
    video = videos.write_video(tmp_path / "long.mp4", count=3000, size=(320, 240))
    out = tmp_path / "a.csv"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "cast_studio", "predict", str(video)),
            *("--out", str(out), "--model", str(tiny_model)),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    # From its first line of progress on, it is at work.
    first = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    output, complaints = process.communicate()

    assert first.startswith("Predicting")
    assert process.returncode == 3, complaints
    assert complaints.splitlines()[-1] == "Interrupted."
    assert output == ""
    assert not out.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_ctrl_c_does_not_wait_for_a_model_that_is_being_loaded(
    tiny_model: Path, short_video: Path, tmp_path: Path
) -> None:
    slow = tmp_path / "slow" / "torch"
    slow.mkdir(parents=True)
    (slow / "__init__.py").write_text(
        "import sys, time; sys.stderr.write('loading\\n'); sys.stderr.flush(); time.sleep(600)"
    )
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "cast_studio", "predict", str(short_video)),
            *("--out", str(tmp_path / "a.csv"), "--model", str(tiny_model)),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(slow.parent)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate()

    assert first == "loading\n"
    assert (process.returncode, complaints) == (3, "Interrupted.\n")


@pytest.mark.skipif(os.name != "posix", reason="names are Unicode on other systems")
def test_a_name_that_is_no_text_can_be_complained_about(
    program: Program, tiny_model: Path, tmp_path: Path
) -> None:
    missing = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4")

    done = program("predict", missing, "--out", tmp_path / "a.csv", "--model", tiny_model)

    assert done.returncode == 1
    assert "caf" in done.stderr
    assert "Traceback" not in done.stderr


SHARED = sorted(
    path for path in videos.SHARED_VIDEOS.glob("*.*") if path.suffix not in (".json", ".md")
)


@pytest.mark.slow
@pytest.mark.skipif(not SHARED, reason=f"there are no real videos in {videos.SHARED_VIDEOS}")
def test_every_real_video_gets_a_row(tiny_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.csv"

    assert predict(out, tiny_model, *SHARED) == 0

    assert set(rows_by_video(out)) == {path.as_posix() for path in SHARED}
