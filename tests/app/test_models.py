"""Models: which there are, and how a trained one becomes part of a project and is found again."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import pytest

from cast_studio.app.models import (
    ModelChoice,
    available_models,
    latest_model,
    register_trained_model,
    trained_model_id,
)
from cast_studio.app.preferences import AppFolders
from cast_studio.app.session import Session
from cast_studio.core.labels import heads_fingerprint
from cast_studio.errors import ModelError
from cast_studio.model.catalog import ModelInfo
from cast_studio.model.config import CastConfig
from tests.fakes import SCHEMA, SMALL_CLIPS, fake_model_info


def write_adapter(
    folder: Path, *, weights: bytes = b"learned", created_at: str = "2026-01-01"
) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter.safetensors").write_bytes(weights)
    config = {
        "format": 1,
        "base": "fake",
        "base_sha256": "0" * 64,
        "adapter_sha256": "0" * 64,
        "heads": [head.to_json() for head in SCHEMA.heads],
        "schema_fingerprint": heads_fingerprint(SCHEMA.heads),
        "created_at": created_at,
    }
    (folder / "adapter.json").write_text(json.dumps(config))
    return folder


def write_model(folder: Path, *, name: str) -> Path:
    folder.mkdir(parents=True)
    header = json.dumps({"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(24))
    config = {
        "format": 1,
        "name": name,
        "heads": [head.to_json() for head in SCHEMA.heads],
        "clip_spec": SMALL_CLIPS.to_json(),
        "network": CastConfig(size=SMALL_CLIPS.size, frames=SMALL_CLIPS.frames).to_json(),
        "weights_sha256": "1" * 64,
        "knows": "Nothing yet.",
        "license": "MIT",
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_models_of_the_user_are_listed(tmp_path: Path) -> None:
    folders = AppFolders.below(tmp_path)
    write_model(folders.models / "mine", name="mine")
    found = {info.name: info for info in available_models(folders)}
    assert not found["mine"].is_bundled
    assert found["mine"].parameters == 6
    assert found["mine"].heads == SCHEMA.heads


def test_a_trained_model_becomes_part_of_the_project(session: Session) -> None:
    adapter = write_adapter(session.folder / "runs" / "1" / "adapter")
    model = register_trained_model(session, fake_model_info(), adapter)
    assert session.project.models == (model,)
    assert model.id == hashlib.sha256(b"learned").hexdigest()[:16] == trained_model_id(adapter)
    assert model.path == "runs/1/adapter"
    assert (model.base_sha256, model.heads) == ("0" * 64, SCHEMA.heads)
    assert (model.clip_spec_version, model.created_at) == ("1", "2026-01-01")
    assert model.name == "fake, trained 1"
    session.undo()
    assert session.project.models == ()


def test_the_same_adapter_is_added_once(session: Session) -> None:
    adapter = write_adapter(session.folder / "runs" / "1" / "adapter")
    first = register_trained_model(session, fake_model_info(), adapter)
    assert register_trained_model(session, fake_model_info(), adapter) == first
    assert len(session.project.models) == 1


def test_a_missing_adapter_is_told(session: Session, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="gone"):
        register_trained_model(session, fake_model_info(), tmp_path / "gone")
    with pytest.raises(ModelError, match="retrain"):
        trained_model_id(tmp_path / "gone")


def test_a_reopened_project_uses_its_newest_trained_model(session: Session) -> None:
    base = fake_model_info()
    assert latest_model(session, [base]) == ModelChoice(base)
    for number in (1, 2):
        folder = session.folder / "runs" / str(number) / "adapter"
        write_adapter(folder, weights=bytes([number]), created_at=f"2026-01-0{number}")
        register_trained_model(session, base, folder)
    newest = session.folder / "runs" / "2" / "adapter"
    assert latest_model(session, [base]) == ModelChoice(base, newest)
    (newest / "adapter.safetensors").unlink()
    older = session.folder / "runs" / "1" / "adapter"
    assert latest_model(session, [base]) == ModelChoice(base, older)


def test_a_trained_model_without_its_base_is_not_used(session: Session) -> None:
    register_trained_model(
        session, fake_model_info(), write_adapter(session.folder / "runs" / "1" / "adapter")
    )
    other: ModelInfo = fake_model_info()
    object.__setattr__(other, "weights_sha256", "f" * 64)
    assert latest_model(session, [other]) == ModelChoice(other)
    assert latest_model(session, []) is None
