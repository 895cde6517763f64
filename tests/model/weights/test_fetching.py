"""Fetching experts from a hub on this machine, on good days and on bad ones."""

from __future__ import annotations

import errno
import re
import shutil
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import open_clip
import pytest

from cast_studio.errors import ModelError
from cast_studio.model.expert_kinds import EXPERT_KINDS
from cast_studio.model.weights.fetching import fetch
from cast_studio.model.weights.sources import (
    EXPERT_SOURCES,
    ExpertSource,
    downloads_folder,
    expert_source,
)
from tests.model.weights.fake_hub import FakeHub, running_hub

CLIP = expert_source("clip-b16-openai")
PLACE = "timm/vit_base_patch16_clip_224.openai"
CONTENT = bytes(range(256)) * 400


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files of these tests come in many pieces, as real ones do in pieces of ten million bytes."""
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with running_hub() as hub:
        hub.files[f"{PLACE}/open_clip_model.safetensors"] = CONTENT
        yield hub


class StopError(Exception):
    """The user wants no more."""


def test_a_file_arrives_as_it_is_and_its_progress_is_told(hub: FakeHub, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    path = fetch(
        CLIP,
        tmp_path / "new" / "folder",
        on_progress=lambda *at: told.append(at),
        endpoint=hub.endpoint,
    )

    assert path == tmp_path / "new" / "folder" / "open_clip_model.safetensors"
    assert path.read_bytes() == CONTENT
    assert (told[0], told[-1]) == ((0, len(CONTENT)), (len(CONTENT), len(CONTENT)))
    assert hub.authorizations == []


def test_a_token_of_the_user_stays_at_home(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")

    fetch(CLIP, tmp_path, endpoint=hub.endpoint)

    assert hub.authorizations == []


def test_without_safetensors_the_library_s_other_file_is_taken(
    hub: FakeHub, tmp_path: Path
) -> None:
    hub.files = {f"{PLACE}/open_clip_pytorch_model.bin": b"pickled"}

    path = fetch(CLIP, tmp_path, endpoint=hub.endpoint)

    assert (path.name, path.read_bytes()) == ("open_clip_pytorch_model.bin", b"pickled")


def test_a_connection_that_breaks_is_taken_up_at_the_same_byte(
    hub: FakeHub, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hub.gives_up_after = [1000]

    path = fetch(CLIP, tmp_path, endpoint=hub.endpoint)

    assert path.read_bytes() == CONTENT
    assert hub.ranges == ["", "bytes=1000-"]
    assert capfd.readouterr().err == ""


def interrupted(hub: FakeHub, folder: Path, *, at: int) -> Path:
    """Fetch a part, then lose interest; return the part."""
    hub.gives_up_after = [at]

    def stop_when_it_breaks(there: int, _total: int) -> None:
        if there >= at:
            raise StopError

    with pytest.raises(StopError):
        fetch(CLIP, folder, on_progress=stop_when_it_breaks, endpoint=hub.endpoint)
    hub.ranges.clear()
    (part,) = folder.glob("*.partial")
    return part


def test_a_download_that_was_stopped_resumes_where_it_was(hub: FakeHub, tmp_path: Path) -> None:
    part = interrupted(hub, tmp_path, at=5000)
    assert part.read_bytes() == CONTENT[:5000]
    told: list[int] = []

    path = fetch(
        CLIP, tmp_path, on_progress=lambda there, _: told.append(there), endpoint=hub.endpoint
    )

    assert path.read_bytes() == CONTENT
    assert hub.ranges == ["bytes=5000-"]
    assert told[0] == 5000
    assert not part.exists()


def test_a_server_that_cannot_resume_sends_it_all_again(hub: FakeHub, tmp_path: Path) -> None:
    interrupted(hub, tmp_path, at=5000)
    hub.can_resume = False

    assert fetch(CLIP, tmp_path, endpoint=hub.endpoint).read_bytes() == CONTENT


def test_the_part_of_an_earlier_version_is_not_continued(hub: FakeHub, tmp_path: Path) -> None:
    part = interrupted(hub, tmp_path, at=5000)
    hub.files = {f"{PLACE}/open_clip_model.safetensors": CONTENT[::-1]}

    assert fetch(CLIP, tmp_path, endpoint=hub.endpoint).read_bytes() == CONTENT[::-1]
    assert hub.ranges == [""]
    assert not part.exists()


def test_a_damaged_part_is_found_out_and_does_not_stay(hub: FakeHub, tmp_path: Path) -> None:
    part = interrupted(hub, tmp_path, at=5000)
    part.write_bytes(bytes(5000))

    with pytest.raises(ModelError, match="its checksum is another"):
        fetch(CLIP, tmp_path, endpoint=hub.endpoint)

    assert fetch(CLIP, tmp_path, endpoint=hub.endpoint).read_bytes() == CONTENT


def test_what_is_there_already_is_not_downloaded_again(hub: FakeHub, tmp_path: Path) -> None:
    fetch(CLIP, tmp_path, endpoint=hub.endpoint)
    hub.ranges.clear()

    assert fetch(CLIP, tmp_path, endpoint=hub.endpoint).read_bytes() == CONTENT
    assert hub.ranges == []


def test_a_wrong_checksum_is_refused_and_nothing_of_it_is_kept(
    hub: FakeHub, tmp_path: Path
) -> None:
    hub.stated_sha256 = "0" * 64

    with pytest.raises(ModelError, match="is not what the hub says it is"):
        fetch(CLIP, tmp_path, endpoint=hub.endpoint)

    assert [path.name for path in tmp_path.iterdir() if path.name != ".lock"] == []


def test_a_file_without_a_checksum_is_refused(hub: FakeHub, tmp_path: Path) -> None:
    hub.states_checksum = False

    with pytest.raises(ModelError, match="does not say the checksum"):
        fetch(CLIP, tmp_path, endpoint=hub.endpoint)

    assert hub.ranges == []


def test_without_network_it_says_how_to_bring_the_file_by_hand(tmp_path: Path) -> None:
    with running_hub() as hub:
        gone = hub.endpoint

    with pytest.raises(ModelError) as refused:
        fetch(CLIP, tmp_path, endpoint=gone)

    sentence = str(refused.value)
    assert "cannot be reached" in sentence
    assert "https://huggingface.co/timm/vit_base_patch16_clip_224.openai" in sentence
    assert "models import FILE --kind clip-openai --name clip-b16-openai" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("status", [403, 500])
def test_a_server_that_refuses_is_quoted(hub: FakeHub, tmp_path: Path, status: int) -> None:
    hub.status = status

    with pytest.raises(ModelError, match=f"answered with status {status}"):
        fetch(CLIP, tmp_path, endpoint=hub.endpoint)


def test_a_file_that_is_gone_is_named(hub: FakeHub, tmp_path: Path) -> None:
    hub.files.clear()

    with pytest.raises(ModelError, match=re.escape(PLACE)):
        fetch(CLIP, tmp_path, endpoint=hub.endpoint)


def test_a_full_disk_is_told_before_the_download(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10, 10, 0))

    with pytest.raises(ModelError, match="make room on the disk"):
        fetch(CLIP, tmp_path, endpoint=hub.endpoint)

    assert hub.ranges == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_that_fills_up_is_not_blamed_on_the_network(hub: FakeHub, tmp_path: Path) -> None:
    part = interrupted(hub, tmp_path, at=5000)
    part.unlink()
    part.symlink_to("/dev/full")

    with pytest.raises(ModelError, match="No space left on device") as refused:
        fetch(CLIP, tmp_path, endpoint=hub.endpoint)

    cause = refused.value.__cause__
    assert isinstance(cause, OSError)
    assert cause.errno == errno.ENOSPC


def test_two_do_not_write_one_file(hub: FakeHub, tmp_path: Path) -> None:
    def fetch_again(_there: int, _total: int) -> None:
        fetch(CLIP, tmp_path, endpoint=hub.endpoint)

    with pytest.raises(ModelError, match="is being fetched already"):
        fetch(CLIP, tmp_path, on_progress=fetch_again, endpoint=hub.endpoint)

    assert fetch(CLIP, tmp_path, endpoint=hub.endpoint).read_bytes() == CONTENT


def test_what_persons_only_may_have_is_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"https://github\.com/ruiwang2021/mvd with a browser"):
        fetch(expert_source("mvd-b16"), tmp_path)


def test_an_unknown_expert_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match="clip-b16-laion2b"):
        expert_source("clip-b17")


@pytest.mark.parametrize("source", EXPERT_SOURCES, ids=lambda source: source.name)
def test_every_source_says_what_a_user_must_know(source: ExpertSource, tmp_path: Path) -> None:
    assert source.kind in EXPERT_KINDS
    assert source.role in ("spatial", "temporal")
    assert source.license
    assert source.page.startswith("https://")
    assert 10**8 < source.bytes < 10**9
    assert downloads_folder(tmp_path, source).is_relative_to(tmp_path)


def test_names_are_unique() -> None:
    assert len({source.name for source in EXPERT_SOURCES}) == len(EXPERT_SOURCES)


@pytest.mark.parametrize(
    ("name", "model", "tag"),
    [
        ("clip-b16-openai", "ViT-B-16", "openai"),
        ("clip-b16-laion2b", "ViT-B-16", "laion2b_s34b_b88k"),
        ("clip-b16-datacomp", "ViT-B-16", "datacomp_xl_s13b_b90k"),
        ("eva02-clip-b16", "EVA02-B-16", "merged2b_s8b_b131k"),
    ],
)
def test_clips_come_from_where_open_clip_takes_them(name: str, model: str, tag: str) -> None:
    published = open_clip.get_pretrained_cfg(model, tag)
    source = expert_source(name)

    assert source.hub is not None
    assert published["hf_hub"] == f"{source.hub.repository}/"
    quick = EXPERT_KINDS[source.kind].config.activation == "quick_gelu"
    assert published.get("quick_gelu", False) == quick
