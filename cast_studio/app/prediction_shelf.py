"""What the current model says about each video: in memory, and in the project's cache."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

import cast_studio
from cast_studio.app.clock import timestamp
from cast_studio.app.threads import run_in_background
from cast_studio.core.predictions import PredictionTrack
from cast_studio.core.timing import TimeSpan
from cast_studio.said import say
from cast_studio.storage import cache

log = logging.getLogger(__name__)

_REJECTED: Final = "rejected"
_FINGERPRINT: Final = "video_fingerprint"


@dataclass(frozen=True, slots=True)
class Rejection:
    """That the user rejected a prediction, or took that back.

    Attributes:
        model_id: Whose prediction it is.
        video_id: The video in the project.
        span: Of the prediction, in ticks.
        is_rejected: Whether it is rejected from then on.
    """

    model_id: str
    video_id: str
    span: TimeSpan
    is_rejected: bool

    @property
    def is_empty(self) -> bool:
        """Never: one that changes nothing is not made."""
        return False

    def inverse(self) -> Rejection:
        """Return what takes this back."""
        return replace(self, is_rejected=not self.is_rejected)


_Said = tuple[PredictionTrack, frozenset[TimeSpan]]
"""What a model says about a video, and what was rejected of it."""


class PredictionShelf(QObject):
    """Prediction tracks by model and video; never part of the project.

    GUI thread; files are read and written one after the other on a pool thread. A file that cannot
    be written costs a prediction run later on and nothing else, so it is logged and reported once.

    Signals:
        changed: Video id; the track of the current model or what was rejected in it changed.
        fetched: All that was looked for has been read, or was not there.
        keeping_failed: A sentence.
    """

    changed = Signal(str)
    fetched = Signal()
    keeping_failed = Signal(str)

    def __init__(self, folder: Path, *, read_only: bool, parent: QObject | None = None) -> None:
        """Start empty.

        Args:
            folder: The project folder.
            read_only: Whether the cache must stay as it is.
            parent: Owns the shelf.
        """
        super().__init__(parent)
        self._folder = folder
        self._read_only = read_only
        self._model_id = ""
        self._fingerprints: dict[str, str] = {}
        self._tracks: dict[tuple[str, str], PredictionTrack] = {}
        self._rejected: dict[tuple[str, str], frozenset[TimeSpan]] = {}
        self._aside: dict[tuple[str, str], dict[tuple[str, str], _Said]] = {}
        self._has_complained = False
        self._fetching = 0
        self._pool = QThreadPool()
        # One thread: two must not write the predictions of the same model and video.
        self._pool.setMaxThreadCount(1)

    @property
    def model_id(self) -> str:
        """The current model; "" before the first."""
        return self._model_id

    @property
    def is_fetching(self) -> bool:
        """Whether kept predictions are being read."""
        return self._fetching > 0

    def use_model(self, model_id: str, fingerprints: Mapping[str, str]) -> None:
        """Make a model the current one and fetch what was kept of it.

        Args:
            model_id: The model.
            fingerprints: Video id to content fingerprint of the videos to look for; predictions
                that were made from other content are not used.
        """
        if model_id == self._model_id:
            return
        shown_before = self._videos_shown()
        self._model_id = model_id
        for video_id in sorted(shown_before | self._videos_shown()):
            self.changed.emit(video_id)
        for video_id, fingerprint in fingerprints.items():
            self.fetch(video_id, fingerprint)

    def fetch(self, video_id: str, fingerprint: str) -> None:
        """Look for kept predictions of the current model for one video; ``changed`` tells."""
        model_id = self._model_id
        self._fingerprints[video_id] = fingerprint
        if not model_id or (model_id, video_id) in self._tracks:
            return
        folder = self._folder
        self._fetching += 1
        run_in_background(
            lambda: kept_predictions(folder, model_id, video_id, fingerprint),
            doing=say("Reading kept predictions"),
            on_success=self._on_fetched,
            on_failure=self._on_fetching_failed,
            pool=self._pool,
        )

    def turn_to(self, video_id: str, fingerprint: str) -> None:
        """Put aside what models say about a video, because other content of it is seen from now on.

        What was put aside of that content comes back; else it is looked for. On the disk there is
        room for one: what was seen last.
        """
        keys = [key for key in self._tracks if key[1] == video_id]
        before = {key: (self._tracks.pop(key), self._rejected.pop(key)) for key in keys}
        self._aside[video_id, self._fingerprints.get(video_id, "")] = before
        self._fingerprints[video_id] = fingerprint
        for key, (track, rejected) in self._aside.pop((video_id, fingerprint), {}).items():
            self._tracks[key], self._rejected[key] = track, rejected
            self._keep(key)
        self.changed.emit(video_id)
        self.fetch(video_id, fingerprint)

    def track(self, video_id: str) -> PredictionTrack | None:
        """Return what the current model says about a video, or None."""
        return self._tracks.get((self._model_id, video_id))

    def tracks(self) -> tuple[PredictionTrack, ...]:
        """Return all tracks of the current model."""
        return tuple(track for (model, _), track in self._tracks.items() if model == self._model_id)

    def tracks_of_all_models(self) -> tuple[PredictionTrack, ...]:
        """Return all tracks that were put or fetched, whichever model's."""
        return tuple(self._tracks.values())

    def put(self, track: PredictionTrack, fingerprint: str) -> None:
        """Take a track, in place of an older one of the same model and video, and keep it.

        Args:
            track: What a model says; its model becomes the current one.
            fingerprint: Of the video's content.
        """
        key = (track.model_id, track.video_id)
        self._fingerprints[track.video_id] = fingerprint
        spans = {prediction.span for prediction in track.predictions}
        self._tracks[key] = track
        self._rejected[key] = self._rejected.get(key, frozenset()) & spans
        if track.model_id != self._model_id:
            self.use_model(track.model_id, dict(self._fingerprints))
        else:
            self.changed.emit(track.video_id)
        self._keep(key)

    def rejected(self, video_id: str) -> frozenset[TimeSpan]:
        """Return the spans of the current model's predictions that the user rejected."""
        return self._rejected.get((self._model_id, video_id), frozenset())

    def rejection(self, video_id: str, span: TimeSpan, *, is_rejected: bool) -> Rejection | None:
        """Return what would reject a prediction of the current model, or take that back.

        None where it is so already, or where the model has no such prediction.
        """
        wanted = Rejection(self._model_id, video_id, span, is_rejected)
        return wanted if self._rejected_after(wanted) is not None else None

    def do(self, rejection: Rejection) -> None:
        """Reject a prediction of whichever model, or take that back; nothing where it has gone."""
        after = self._rejected_after(rejection)
        if after is None:
            return
        key = (rejection.model_id, rejection.video_id)
        self._rejected[key] = after
        if rejection.model_id == self._model_id:
            self.changed.emit(rejection.video_id)
        self._keep(key)

    def close(self, timeout_ms: int) -> bool:
        """Wait for the files that are being written.

        Returns:
            Whether all are done.
        """
        return self._pool.waitForDone(timeout_ms)

    def _rejected_after(self, rejection: Rejection) -> frozenset[TimeSpan] | None:
        """Return what is rejected then; None if that changes nothing."""
        key = (rejection.model_id, rejection.video_id)
        track, before = self._tracks.get(key), self._rejected.get(key, frozenset())
        if track is None or all(found.span != rejection.span for found in track.predictions):
            return None
        changed = {rejection.span}
        after = before | changed if rejection.is_rejected else before - changed
        return after if after != before else None

    def _videos_shown(self) -> set[str]:
        return {video for model, video in self._tracks if model == self._model_id}

    def _keep(self, key: tuple[str, str]) -> None:
        if self._read_only:
            return
        track = self._tracks[key]
        spans = sorted(self._rejected.get(key, frozenset()))
        provenance = {
            _FINGERPRINT: self._fingerprints.get(track.video_id, ""),
            _REJECTED: json.dumps([[span.start, span.end] for span in spans]),
            "program": f"CAST Studio {cast_studio.__version__}",
            "created_at": timestamp(),
        }
        folder = self._folder
        run_in_background(
            lambda: cache.save_predictions(folder, track, provenance=provenance),
            doing=say("Keeping predictions"),
            on_failure=self._on_keeping_failed,
            pool=self._pool,
        )

    @Slot(object)
    def _on_fetched(self, found: cache.CachedPredictions | None) -> None:
        if found is not None:
            self._put_fetched(found)
        self._count_down()

    @Slot(str)
    def _on_fetching_failed(self, sentence: str) -> None:
        self.keeping_failed.emit(sentence)
        self._count_down()

    def _put_fetched(self, found: cache.CachedPredictions) -> None:
        key = (found.track.model_id, found.track.video_id)
        # Another stream of the video may have been chosen while its predictions were read.
        is_stale = found.provenance.get(_FINGERPRINT) != self._fingerprints.get(key[1])
        if key in self._tracks or is_stale:
            return
        self._tracks[key] = found.track
        self._rejected[key] = _rejected_spans(found)
        if found.track.model_id == self._model_id:
            self.changed.emit(found.track.video_id)

    def _count_down(self) -> None:
        self._fetching -= 1
        if self._fetching == 0:
            self.fetched.emit()

    @Slot(str)
    def _on_keeping_failed(self, sentence: str) -> None:
        if not self._has_complained:
            self._has_complained = True
            self.keeping_failed.emit(sentence)


def kept_predictions(
    folder: Path, model_id: str, video_id: str, fingerprint: str
) -> cache.CachedPredictions | None:
    """Read what a project kept of a model's predictions; any thread.

    Args:
        folder: The project folder.
        model_id: The model.
        video_id: The video.
        fingerprint: Of the video's content; what was predicted from other content is not used.
    """
    return cache.load_with_provenance(
        folder, model_id, video_id, expected={_FINGERPRINT: fingerprint}
    )


def _rejected_spans(found: cache.CachedPredictions) -> frozenset[TimeSpan]:
    try:
        pairs = json.loads(found.provenance.get(_REJECTED, "[]"))
        return frozenset(TimeSpan(int(start), int(end)) for start, end in pairs)
    except (ValueError, TypeError) as error:
        log.warning("the rejected predictions of %s are unreadable: %s", found.track, error)
        return frozenset()
