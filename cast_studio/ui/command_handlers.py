"""What each command does: the one table from commands to the functions behind them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from cast_studio.ui.commands import Do
from cast_studio.ui.marking import Marking
from cast_studio.ui.theme_menu import THEMES
from cast_studio.ui.workspace import PANELS

if TYPE_CHECKING:
    from cast_studio.ui.main_window import MainWindow
    from cast_studio.ui.studio import Studio

Handlers = dict[Do, Callable[[], object]]


def handlers(window: MainWindow) -> Handlers:
    """Return what to call for each command."""
    studio = window.studio
    return {
        **_of_project(window),
        **_of_playback(studio, window),
        **_of_labels(studio),
        **_of_tracks(studio),
        **_of_view(window),
        Do.PREDICT: studio.predict,
        Do.RETRAIN: studio.training.start,
        Do.STOP_TRAINING: studio.training.stop,
        Do.MODELS: window.show_models,
    }


def _of_project(window: MainWindow) -> Handlers:
    studio = window.studio
    return {
        Do.OPEN_VIDEO: window.open_videos,
        Do.OPEN_PROJECT: window.open_project,
        Do.OPEN_SAMPLE: studio.open_sample,
        Do.LOCATE_VIDEO: window.relinking.locate,
        Do.REMOVE_VIDEO: lambda: studio.projects.remove_videos(
            window.workspace.video_list.selected or (studio.state.video_id,)
        ),
        Do.CLOSE_PROJECT: studio.projects.close,
        Do.NEXT_VIDEO: lambda: window.workspace.video_list.step(1),
        Do.PREVIOUS_VIDEO: lambda: window.workspace.video_list.step(-1),
        Do.BACK_UP: studio.snapshots.save,
        Do.IMPORT: window.exchange.import_labels,
        Do.EXPORT: window.exchange.export,
        Do.QUIT: window.close,
        Do.UNDO: studio.undo,
        Do.REDO: studio.redo,
    }


def _of_playback(studio: Studio, window: MainWindow) -> Handlers:
    playback = studio.playback
    marking = Marking(studio.state, studio.annotations, playback)
    return {
        Do.PLAY_PAUSE: playback.toggle,
        Do.PLAY_SEGMENT: marking.play_current,
        Do.NEXT_FRAME: lambda: playback.step(1),
        Do.PREVIOUS_FRAME: lambda: playback.step(-1),
        Do.FORWARD_SECOND: lambda: playback.jump(1),
        Do.BACK_SECOND: lambda: playback.jump(-1),
        Do.FORWARD_TEN: lambda: playback.jump(1, is_long=True),
        Do.BACK_TEN: lambda: playback.jump(-1, is_long=True),
        Do.TO_START: playback.to_start,
        Do.TO_END: playback.to_end,
        Do.SLOWER: playback.slower,
        Do.STOP_PLAYING: playback.pause,
        Do.FASTER: playback.faster,
        Do.NEXT_SEGMENT: lambda: marking.visit(1),
        Do.PREVIOUS_SEGMENT: lambda: marking.visit(-1),
        Do.MARK_IN: marking.mark_in,
        Do.MARK_OUT: marking.mark_out,
        Do.MUTE: lambda: studio.sound.set_muted(window.actions_[Do.MUTE].isChecked()),
        Do.LOOP_SEGMENT: lambda: marking.play_current(loops=True),
    }


def _of_labels(studio: Studio) -> Handlers:
    labels, segments = studio.annotations, studio.segments
    return {
        Do.ACCEPT: labels.accept,
        Do.EDIT_LABEL: labels.edit_label,
        Do.REJECT: labels.reject,
        Do.LABEL_RANGE: labels.label_range,
        Do.LABEL_AGAIN: studio.class_labelling.label_again,
        Do.DELETE: segments.delete,
        Do.SPLIT: segments.split,
        Do.MERGE: segments.merge,
        Do.START_EARLIER: lambda: segments.nudge("start", -1),
        Do.START_LATER: lambda: segments.nudge("start", 1),
        Do.END_EARLIER: lambda: segments.nudge("end", -1),
        Do.END_LATER: lambda: segments.nudge("end", 1),
        Do.TRIM_START: lambda: segments.trim("start"),
        Do.TRIM_END: lambda: segments.trim("end"),
        Do.FILL_GAP: segments.fill_gap,
        Do.ADD_POINT: lambda: segments.add_point(studio.class_labelling.moment),
        Do.SELECT_ALL: segments.select_all,
        Do.CUT: studio.clipboard.cut,
        Do.COPY: studio.clipboard.copy,
        Do.PASTE: studio.clipboard.paste,
    }


def _of_tracks(studio: Studio) -> Handlers:
    tracks = studio.tracks
    return {
        Do.LABEL_UP: lambda: tracks.move_labels(-1),
        Do.LABEL_DOWN: lambda: tracks.move_labels(1),
        Do.MARK_REVIEWED: tracks.mark_reviewed,
        Do.UNMARK_REVIEWED: tracks.unmark_reviewed,
        Do.ADD_TRACK: tracks.add,
        Do.EDIT_TRACK: tracks.edit,
        Do.REMOVE_TRACK: tracks.remove,
        Do.TRACK_UP: lambda: tracks.reorder(-1),
        Do.TRACK_DOWN: lambda: tracks.reorder(1),
        Do.PREVIOUS_TRACK: lambda: tracks.choose_next(-1),
        Do.NEXT_TRACK: lambda: tracks.choose_next(1),
        Do.HIDE_TRACK: tracks.hide,
        Do.SHOW_TRACKS: tracks.show_all,
    }


def _of_view(window: MainWindow) -> Handlers:
    studio, timeline = window.studio, window.workspace.timeline
    heatmap = window.actions_[Do.HEATMAP]
    return {
        Do.NOTE: window.write_note,
        Do.SUBJECT: window.write_subject,
        Do.HEATMAP: lambda: studio.attention.switch(heatmap.isChecked()),
        Do.ZOOM_IN: timeline.zoom_in,
        Do.ZOOM_OUT: timeline.zoom_out,
        Do.ZOOM_FIT: timeline.zoom_fit,
        Do.PICTURE_LARGER: lambda: window.workspace.video_view.zoom(1),
        Do.PICTURE_SMALLER: lambda: window.workspace.video_view.zoom(-1),
        Do.PICTURE_FIT: window.workspace.video_view.zoom_to_fit,
        Do.NEXT_PANEL: lambda: window.next_panel(1),
        Do.PREVIOUS_PANEL: lambda: window.next_panel(-1),
        Do.BACK_OUT: window.back_out,
        Do.RESTORE_LAYOUT: window.workspace.restore_default,
        **{do: partial(window.themes.choose, choice) for do, choice in THEMES.items()},
        **{
            do: window.workspace.docks[name].toggleViewAction().trigger
            for do, name in PANELS.items()
        },
        Do.TEXT_LARGER: window.text_size.larger,
        Do.TEXT_SMALLER: window.text_size.smaller,
        Do.TEXT_USUAL: window.text_size.usual,
        Do.OPEN_LOGS: window.open_logs,
    }
