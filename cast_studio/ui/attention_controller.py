"""The heatmap: asks where the model looked in the current segment, and shows the frame's part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cast_studio.app.inference import InferenceService
from cast_studio.app.session import Session
from cast_studio.core.predictions import AttentionMap
from cast_studio.core.timing import TimeSpan
from cast_studio.ui.annotation_controller import AnnotationController
from cast_studio.ui.heat_colors import normalized
from cast_studio.ui.view_state import ViewState

_WAIT_MS = 120
"""How long the playhead must rest on another segment before the model is asked about it."""


class AttentionController(QObject):
    """Keeps the heatmap in step with the playhead while it is switched on. GUI thread.

    Signals:
        heat_changed: A grid of 0 to 1, shape (h, w), for the frame on screen; None for none.
        layers_changed: The layers that can be chosen from, a tuple of numbers from 0.
        told: Why nothing is shown; empty while something is, or while nothing is wanted.
    """

    heat_changed = Signal(object)
    layers_changed = Signal(tuple)
    told = Signal(str)

    def __init__(
        self,
        service: InferenceService,
        state: ViewState,
        annotations: AnnotationController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._service = service
        self._state = state
        self._annotations = annotations
        self._session: Session | None = None
        self._is_on = False
        self._layer = -1
        self._request: int | None = None
        self._span: TimeSpan | None = None
        self._maps: tuple[AttentionMap, ...] = ()
        self._values: NDArray[np.float64] | None = None
        self._shown: int | None = None
        self._problem = ""
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT_MS)
        self._wait.timeout.connect(self._on_rested)
        service.attention_ready.connect(self._on_ready)
        service.failed.connect(self._on_failed)
        service.model_loaded.connect(self.forget)
        service.model_unloaded.connect(self.forget)
        state.playhead_moved.connect(self._on_moved)
        state.selection_changed.connect(self._on_moved)
        state.video_changed.connect(self.forget)

    @property
    def is_on(self) -> bool:
        """Whether the heatmap is wanted."""
        return self._is_on

    def set_session(self, session: Session | None) -> None:
        """Work on another project, or on none."""
        self._session = session
        if session is not None:
            session.predictions_changed.connect(self._on_moved)
            session.changed.connect(self._on_moved)
        self.forget()

    def switch(self, is_on: bool) -> None:
        """Switch the heatmap on or off."""
        self._is_on = is_on
        if is_on:
            self._look()
        else:
            self._wait.stop()
            self._take_away()
            self.told.emit("")

    def choose_layer(self, layer: int) -> None:
        """Show one layer, or with -1 the mean of all."""
        self._layer = layer
        self._use_maps()

    @Slot()
    def forget(self) -> None:
        """Drop what is known, as after another video or model; ask again if switched on."""
        if self._request is not None:
            self._service.cancel(self._request)
        self._request = self._span = self._values = self._shown = None
        self._maps, self._problem = (), ""
        self.heat_changed.emit(None)
        self.told.emit("")
        if self._is_on:
            self._wait.start()

    @Slot()
    def _on_moved(self) -> None:
        if self._is_on:
            self._look()

    def _look(self) -> None:
        span = self._wanted_span()
        if span is None:
            self._take_away()
            self._tell_no_segment()
        elif span == self._span:
            self._show()
            self._tell()
        else:
            self._take_away()  # what is shown belongs to another segment
            self._wait.start()

    def _take_away(self) -> None:
        self._shown = None
        self.heat_changed.emit(None)

    def _wanted_span(self) -> TimeSpan | None:
        current = self._annotations.current
        return current.prediction.span if current.prediction is not None else current.span

    @Slot()
    def _on_rested(self) -> None:
        span, session = self._wanted_span(), self._session
        if not self._is_on or session is None:
            return
        if span is None:
            self._tell_no_segment()
            return
        if not self._service.model_id:
            self.told.emit(self.tr("No heatmap: no model is loaded."))
            return
        if span == self._span:
            self._show()
            self._tell()
            return
        if self._request is not None:
            self._service.cancel(self._request)
        self._take_away()
        self._span, self._maps, self._values = span, (), None
        video = session.project.video(self._state.video_id)
        self._request = self._service.attention(
            video.id, session.video_path(video.id), span, stream=video.stream
        )
        self._problem = ""
        self._tell()

    def _tell(self) -> None:
        """Say why there is nothing to see of the segment that was asked about, or nothing."""
        text = self._problem
        if self._request is not None:
            text = self.tr("Looking…")
        elif not text and self._values is not None and not self._values.any():
            text = self.tr("No heatmap: the model looked everywhere alike.")
        self.told.emit(text)

    def _tell_no_segment(self) -> None:
        self.told.emit(
            self.tr(
                "No heatmap: nothing is labelled or predicted here; go to a label, or let the model predict."
            )
        )

    @Slot(int, object)
    def _on_ready(self, request: int, maps: Sequence[AttentionMap]) -> None:
        if request != self._request:
            return
        self._request = None
        self._maps = tuple(found for found in maps if found.direction == "s2t")
        if not self._maps:
            self._problem = self.tr("No heatmap: this model has no cross-attention to show.")
        self.layers_changed.emit(tuple(found.layer for found in self._maps))
        self._use_maps()

    @Slot(int, str)
    def _on_failed(self, request: int, sentence: str) -> None:
        if request == self._request:
            self._request = None
            self._take_away()
            self._problem = sentence
            self._tell()

    def _use_maps(self) -> None:
        if not self._maps:
            self._tell()
            return
        chosen = [found for found in self._maps if found.layer == self._layer] or self._maps
        mean = np.mean([found.grid.astype(np.float64) for found in chosen], axis=0)
        self._values = normalized(mean)
        self._shown = None
        self._tell()
        self._show()

    def _show(self) -> None:
        playhead = self._state.playhead
        if self._values is None or playhead is None or not self._is_on:
            return
        if self._wanted_span() != self._span:
            return  # the playhead has left the segment since it was asked about
        pts = np.asarray(self._maps[0].frame_pts)
        position = max(0, int(np.searchsorted(pts, playhead, side="right")) - 1)
        if position != self._shown:
            self._shown = position
            self.heat_changed.emit(self._values[position])
