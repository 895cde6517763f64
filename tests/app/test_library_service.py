"""The library behind the window: asked on the GUI thread, at work on another."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app.library_items import LibraryItem, is_non_commercial
from cast_studio.app.library_service import LibraryService, Shelf
from cast_studio.app.library_words import megabytes
from cast_studio.app.model_library import Brought, ModelLibrary, OnProgress, Progress
from cast_studio.app.preferences import AppFolders
from cast_studio.app.threads import has_unfinished_threads
from cast_studio.errors import ModelError
from cast_studio.model.weights.sources import ExpertSource, expert_source
from tests.app.conftest import WAIT_MS
from tests.model.weights.fake_hub import FakeHub, running_hub
from tests.model.weights.small_experts import clip_bytes, clip_file, videomae_file

SOURCE = expert_source("clip-b16-laion2b")


@pytest.fixture
def library() -> ModelLibrary:
    return ModelLibrary(AppFolders.default())


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000)
    assert SOURCE.hub is not None
    with running_hub() as hub:
        hub.files[f"{SOURCE.hub.repository}/{SOURCE.hub.names[0]}"] = clip_bytes()
        yield hub


@pytest.fixture
def service(library: ModelLibrary, hub: FakeHub, qtbot: QtBot) -> Iterator[LibraryService]:
    made = LibraryService(library, endpoint=hub.endpoint)
    yield made
    assert made.close()
    qtbot.waitUntil(lambda: not has_unfinished_threads(), timeout=WAIT_MS)


def test_it_lists_what_there_is_and_what_could_be(service: LibraryService, qtbot: QtBot) -> None:
    with qtbot.waitSignal(service.listed, timeout=WAIT_MS) as listed:
        service.refresh()

    shelf = listed.args[0]
    assert isinstance(shelf, Shelf)
    assert [item.name for item in shelf.items] == ["cast-tiny"]
    assert SOURCE in shelf.sources
    assert shelf.damaged == ()


def test_a_damaged_expert_is_told_and_the_rest_is_listed(
    service: LibraryService, library: ModelLibrary, qtbot: QtBot
) -> None:
    folder = library.folders.models / "torn"
    folder.mkdir(parents=True)
    (folder / "expert.json").write_text("{", "utf-8")

    with qtbot.waitSignal(service.listed, timeout=WAIT_MS) as listed:
        service.refresh()

    assert [item.name for item in listed.args[0].items] == ["cast-tiny"]
    (sentence,) = listed.args[0].damaged
    assert "torn" in sentence


def test_fetching_tells_how_far_it_is_and_what_came_of_it(
    service: LibraryService, library: ModelLibrary, qtbot: QtBot
) -> None:
    told: list[Progress] = []
    busy: list[bool] = []
    service.progressed.connect(told.append)
    service.busy_changed.connect(busy.append)

    with qtbot.waitSignal(service.brought, timeout=WAIT_MS) as brought:
        service.fetch(SOURCE)
        assert service.is_busy

    assert isinstance(brought.args[0], Brought)
    assert "CLIP by open_clip" in brought.args[0].sentence
    assert busy == [True, False]
    assert told[0].doing == "Downloading"
    item = library.find(SOURCE.name)
    assert (item.kind, item.is_non_commercial) == ("expert", False)
    assert "Used" in item.report
    assert SOURCE not in library.fetchable()


def test_a_failed_download_is_told_in_a_sentence(
    service: LibraryService, hub: FakeHub, qtbot: QtBot
) -> None:
    hub.stated_sha256 = "1" * 64

    with qtbot.waitSignal(service.failed, timeout=WAIT_MS) as failed:
        service.fetch(SOURCE)

    assert "is not what the hub says it is" in failed.args[0]
    assert not service.is_busy


class HeldLibrary(ModelLibrary):
    """A library whose downloads go on until somebody stops them."""

    def __init__(self, folders: AppFolders) -> None:
        super().__init__(folders)
        self.has_begun = threading.Event()

    def fetch(
        self,
        source: ExpertSource,
        *,
        on_progress: OnProgress | None = None,
        endpoint: str | None = None,
    ) -> Brought:
        assert on_progress is not None
        while True:
            on_progress(Progress("Downloading", 0.5))
            self.has_begun.set()


def test_a_download_can_be_stopped(qtbot: QtBot) -> None:
    library = HeldLibrary(AppFolders.default())
    service = LibraryService(library)
    service.fetch(SOURCE)
    assert library.has_begun.wait(WAIT_MS / 1000)
    service.import_file(Path("nothing happens while it is busy"))

    with qtbot.waitSignal(service.cancelled, timeout=WAIT_MS):
        service.cancel()

    assert not service.is_busy
    assert service.close()


def test_closing_stops_what_is_going_on(qtbot: QtBot) -> None:
    library = HeldLibrary(AppFolders.default())
    service = LibraryService(library)
    service.fetch(SOURCE)
    assert library.has_begun.wait(WAIT_MS / 1000)

    assert service.close()

    qtbot.waitUntil(lambda: not has_unfinished_threads(), timeout=WAIT_MS)


def test_importing_and_removing(
    service: LibraryService, library: ModelLibrary, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(service.brought, timeout=WAIT_MS):
        service.import_file(videomae_file(tmp_path / "motion.safetensors"), name="motion")
    item = library.find("motion")
    assert item.is_non_commercial

    with qtbot.waitSignal(service.weighed, timeout=WAIT_MS) as weighed:
        service.weigh_removal(item)
    assert weighed.args == [item, ()]
    with qtbot.waitSignal(service.removed, timeout=WAIT_MS) as removed:
        service.remove(item)

    assert removed.args == ["motion"]
    assert list(library.folders.models.iterdir()) == []


def test_an_ambiguous_file_asks_for_its_kind(
    service: LibraryService, tmp_path: Path, qtbot: QtBot
) -> None:
    file = clip_file(tmp_path / "look.safetensors")

    with qtbot.waitSignal(service.failed, timeout=WAIT_MS) as failed:
        service.import_file(file)

    assert "say which it is" in failed.args[0]


def adapter(folder: Path, base_sha256: str) -> None:
    folder.mkdir(parents=True)
    config = {
        "format": 1,
        "base": "cast-tiny",
        "base_sha256": base_sha256,
        "adapter_sha256": "0" * 64,
        "heads": [],
        "schema_fingerprint": "",
        "created_at": "2026-01-01",
    }
    (folder / "adapter.json").write_text(json.dumps(config), "utf-8")


def test_what_depends_on_a_model_is_found_wherever_it_is(
    library: ModelLibrary, tmp_path: Path
) -> None:
    base = library.find("cast-tiny")
    sha256 = getattr(base.about, "weights_sha256")  # noqa: B009  (which kind it is does not matter)
    adapter(library.folders.models / "from a friend", sha256)
    for run in "12":
        adapter(tmp_path / "kitchen.cast" / "runs" / run, sha256)
    adapter(tmp_path / "other.cast" / "runs" / "1", "f" * 64)

    found = library.dependents(base, [tmp_path / "kitchen.cast", tmp_path / "other.cast"])

    assert found == (
        "the trained model “from a friend”",
        "2 trained models of the project “kitchen”",
    )
    friend = library.find("from a friend")
    assert (friend.kind, friend.license) == ("trained model", base.license)


def test_two_of_one_name_are_told_apart_by_their_folders(
    library: ModelLibrary, tmp_path: Path
) -> None:
    import_twice = videomae_file(tmp_path / "motion.safetensors")
    for name in ("one", "two"):
        folder = library.import_file(import_twice, name=name).folder
        text = (folder / "expert.json").read_text("utf-8")
        (folder / "expert.json").write_text(text.replace(f'"{name}"', '"same"'), "utf-8")

    with pytest.raises(ModelError, match="name one of the folders"):
        library.find("same")

    assert library.find(str(library.folders.models / "two")).folder.name == "two"


@pytest.mark.skipif(sys.platform == "win32", reason="rights work otherwise there")
def test_a_folder_that_cannot_be_changed_is_told(
    library: ModelLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.import_file(videomae_file(tmp_path / "motion.safetensors"), name="motion")
    item = library.find("motion")

    def refuse(_self: Path, _target: object) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(ModelError, match="cannot be removed"):
        library.remove(item)
    monkeypatch.undo()

    found: LibraryItem = library.find("motion")
    assert found == item


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("CC BY-NC 4.0: for non-commercial use only (VideoMAE)", True),
        ("CC-BY-NC-4.0", True),
        ("Noncommercial research", True),
        ("MIT", False),
        ("", False),
        ("not stated in the file: ask MVD's publisher before any commercial use", False),
    ],
)
def test_terms_that_forbid_commercial_use_are_recognized(terms: str, expected: bool) -> None:
    assert is_non_commercial(terms) is expected


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "1 kB"), (38_400, "38 kB"), (598_600_000, "599 MB"), (1_370_000_000, "1.4 GB")],
)
def test_sizes_are_told_as_people_read_them(count: int, text: str) -> None:
    assert megabytes(count) == text
