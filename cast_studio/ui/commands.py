"""Every command of the program as data: words, keys, menu, when it is possible. No widgets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from cast_studio.ui.icons import Icon

MenuName = Literal["File", "Edit", "Play", "Label", "Track", "Model", "View", "Help"]
MENUS: tuple[MenuName, ...] = ("File", "Edit", "Play", "Label", "Track", "Model", "View", "Help")


class Need(Enum):
    """What must be so for a command to make sense; the value says what is missing otherwise."""

    PROJECT = "open a project or a video first"
    WRITABLE = "this project is open for reading only"
    VIDEO = "choose a video first"
    SEGMENT = "select a label first"
    PREDICTION = "go to a segment of the model first"
    CONTENT = "go to a label or a segment of the model first"
    RANGE = "mark a range first"
    TARGET = "mark a range or go to a label first"
    LABELLED = "nothing has been labelled yet"
    NEIGHBOR = "there is no later label to merge with"
    MODEL = "wait until the model is loaded"
    MISSING = "no video of the project is missing"
    NOT_IMPORTING = "a file is being imported already"
    NOT_EXPORTING = "a file is being exported already"
    NOT_OPENING_SAMPLE = "the sample project is being opened"
    NOT_PREDICTING = "the model is predicting already"
    NOT_TRAINING = "the model is being retrained"
    TRAINING = "no training is running"
    TRACKS = "there is only one track"
    HIDDEN = "no track is hidden"
    CAN_UNDO = "there is nothing to undo"
    CAN_REDO = "there is nothing to redo"


class Scope(Enum):
    """Where the keys of a command work.

    ANYWHERE: also while text is being typed. WINDOW: everywhere else. STAGE: only while the video
    or the timeline has the focus, because the keys mean something else in panels.
    """

    ANYWHERE = auto()
    WINDOW = auto()
    STAGE = auto()


class Do(Enum):
    """The identity of each command."""

    NEW_PROJECT = auto()
    OPEN_VIDEO = auto()
    OPEN_PROJECT = auto()
    OPEN_SAMPLE = auto()
    LOCATE_VIDEO = auto()
    REMOVE_VIDEO = auto()
    CLOSE_PROJECT = auto()
    BACKUPS = auto()
    IMPORT = auto()
    EXPORT = auto()
    QUIT = auto()
    UNDO = auto()
    REDO = auto()
    DELETE = auto()
    PLAY_PAUSE = auto()
    PLAY_SEGMENT = auto()
    NEXT_FRAME = auto()
    PREVIOUS_FRAME = auto()
    FORWARD_SECOND = auto()
    BACK_SECOND = auto()
    FORWARD_TEN = auto()
    BACK_TEN = auto()
    TO_START = auto()
    TO_END = auto()
    SLOWER = auto()
    STOP_PLAYING = auto()
    FASTER = auto()
    GO_TO = auto()
    LOOP_SEGMENT = auto()
    MUTE = auto()
    NEXT_SEGMENT = auto()
    PREVIOUS_SEGMENT = auto()
    ACCEPT = auto()
    EDIT_LABEL = auto()
    REJECT = auto()
    MARK_IN = auto()
    MARK_OUT = auto()
    LABEL_RANGE = auto()
    LABEL_AGAIN = auto()
    SPLIT = auto()
    MERGE = auto()
    START_EARLIER = auto()
    START_LATER = auto()
    END_EARLIER = auto()
    END_LATER = auto()
    NOTE = auto()
    LABELLING_MODE = auto()
    EDIT_SCHEMA = auto()
    PREDICT = auto()
    RETRAIN = auto()
    STOP_TRAINING = auto()
    MODELS = auto()
    HEATMAP = auto()
    ZOOM_IN = auto()
    ZOOM_OUT = auto()
    ZOOM_FIT = auto()
    PICTURE_LARGER = auto()
    PICTURE_SMALLER = auto()
    PICTURE_FIT = auto()
    NEXT_PANEL = auto()
    PREVIOUS_PANEL = auto()
    BACK_OUT = auto()
    RESTORE_LAYOUT = auto()
    PALETTE = auto()
    CHEAT_SHEET = auto()
    KEYS = auto()
    OPEN_LOGS = auto()
    ABOUT = auto()
    CUT = auto()
    COPY = auto()
    PASTE = auto()
    SELECT_ALL = auto()
    TRIM_START = auto()
    TRIM_END = auto()
    FILL_GAP = auto()
    ADD_POINT = auto()
    LABEL_UP = auto()
    LABEL_DOWN = auto()
    SUBJECT = auto()
    MARK_REVIEWED = auto()
    UNMARK_REVIEWED = auto()
    ADD_TRACK = auto()
    EDIT_TRACK = auto()
    REMOVE_TRACK = auto()
    TRACK_UP = auto()
    TRACK_DOWN = auto()
    PREVIOUS_TRACK = auto()
    NEXT_TRACK = auto()
    HIDE_TRACK = auto()
    SHOW_TRACKS = auto()
    SHOW_PICTURES = auto()
    SHOW_WAVEFORM = auto()


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a user can do.

    Attributes:
        do: Its identity.
        text: In the menu; ``…`` when something is asked first.
        menu: Where it is found.
        keys: Key sequences in Qt's portable text; the first one is shown.
        tip: A sentence for the tooltip; the key and what is missing are added to it.
        needs: All must hold for it to be enabled.
        scope: Where its keys work.
        icon: Of buttons and menu.
        checkable: Whether it is a switch.
        repeats: Whether holding the key repeats it.
        opens_group: Whether a line separates it from the command above it in the menu.
    """

    do: Do
    text: str
    menu: MenuName
    keys: tuple[str, ...] = ()
    tip: str = ""
    needs: tuple[Need, ...] = ()
    scope: Scope = Scope.WINDOW
    icon: Icon | None = None
    checkable: bool = False
    repeats: bool = False
    opens_group: bool = False

    def missing(self, met: frozenset[Need]) -> Need | None:
        """Return the first need that does not hold, or None when the command is possible."""
        return next((need for need in self.needs if need not in met), None)

    def tooltip(self, key_text: str, met: frozenset[Need]) -> str:
        """Return the tooltip: what it does, its key, and why it is not possible just now."""
        text = self.tip or self.text.rstrip("…")
        if key_text:
            text += f" ({key_text})"
        missing = self.missing(met)
        return text if missing is None else f"{text}\nNot possible now: {missing.value}."


_V = (Need.PROJECT, Need.VIDEO)
_W = (Need.PROJECT, Need.WRITABLE, Need.VIDEO)
_SEGMENT = (*_W, Need.SEGMENT)
_C, _N = Command, Need

COMMANDS: tuple[Command, ...] = (
    _C(Do.NEW_PROJECT, "New project…", "File", ("Ctrl+Alt+N",),
       "Choose a name and what can be labelled", (_N.NOT_OPENING_SAMPLE,), Scope.ANYWHERE, Icon.ADD),
    _C(Do.OPEN_VIDEO, "Open video…", "File", ("Ctrl+O",), "Open one or more videos",
       (_N.NOT_OPENING_SAMPLE,), Scope.ANYWHERE, Icon.VIDEO),
    _C(Do.OPEN_PROJECT, "Open project…", "File", ("Ctrl+Shift+O",), "Open a .cast project folder",
       (_N.NOT_OPENING_SAMPLE,), Scope.ANYWHERE, Icon.OPEN),
    _C(Do.OPEN_SAMPLE, "Open sample project", "File", (),
       "Open a small project of rendered scenes to try everything out",
       (_N.NOT_OPENING_SAMPLE,), icon=Icon.SAMPLE),
    _C(Do.LOCATE_VIDEO, "Locate missing video…", "File", (),
       "Say where a moved video is now; what was moved along with it is found with it",
       (_N.PROJECT, _N.WRITABLE, _N.MISSING)),
    _C(Do.IMPORT, "Import labels…", "File", ("Ctrl+Shift+I",),
       "Read labels from a file; you see what it would change first",
       (_N.NOT_IMPORTING,), Scope.ANYWHERE, Icon.IMPORT, opens_group=True),
    _C(Do.EXPORT, "Export…", "File", ("Ctrl+E",),
       "Write the labels to a file of another program", (_N.PROJECT, _N.NOT_EXPORTING),
       Scope.ANYWHERE, Icon.EXPORT),
    _C(Do.BACKUPS, "Backups…", "File", (),
       "See what backups of the project hold, and go back to one", (_N.PROJECT,), icon=Icon.BACKUP),
    _C(Do.CLOSE_PROJECT, "Close project", "File", ("Ctrl+W",), "", (_N.PROJECT,), Scope.ANYWHERE,
       opens_group=True),
    _C(Do.QUIT, "Quit", "File", ("Ctrl+Q",), scope=Scope.ANYWHERE),
    _C(Do.UNDO, "Undo", "Edit", ("Ctrl+Z",), "", (_N.PROJECT, _N.CAN_UNDO), icon=Icon.UNDO,
       repeats=True),
    _C(Do.REDO, "Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "", (_N.PROJECT, _N.CAN_REDO),
       icon=Icon.REDO, repeats=True),
    _C(Do.CUT, "Cut", "Edit", ("Ctrl+X",), "Copy the selected labels and delete them", _SEGMENT,
       opens_group=True),
    _C(Do.COPY, "Copy", "Edit", ("Ctrl+C",), "Copy the selected labels, to paste them elsewhere",
       (*_V, _N.SEGMENT)),
    _C(Do.PASTE, "Paste", "Edit", ("Ctrl+V",),
       "Add the copied labels; the first one begins with the current frame", _W),
    _C(Do.DELETE, "Delete label", "Edit", ("Del", "Backspace"), "Delete the selected label",
       _SEGMENT),
    _C(Do.SELECT_ALL, "Select all labels", "Edit", ("Ctrl+A",), "Of all tracks that are shown", _V,
       opens_group=True),
    _C(Do.REMOVE_VIDEO, "Remove video from project", "Edit", (),
       "Take the video and its labels out of the project; the file stays", _W, opens_group=True),
    _C(Do.PLAY_PAUSE, "Play or pause", "Play", ("Space",), "", _V, icon=Icon.PLAY),
    _C(Do.PLAY_SEGMENT, "Play segment", "Play", ("Shift+Space",),
       "Play the selected segment and stop at its end", (*_V, _N.CONTENT)),
    _C(Do.LOOP_SEGMENT, "Loop segment", "Play", ("Ctrl+Shift+Space",),
       "Play the selected segment or range again and again", (*_V, _N.CONTENT)),
    _C(Do.SLOWER, "Slower or backwards", "Play", ("J",), "", _V),
    _C(Do.STOP_PLAYING, "Pause", "Play", ("K",), "", _V),
    _C(Do.FASTER, "Faster", "Play", ("L",), "", _V),
    _C(Do.PREVIOUS_FRAME, "Previous frame", "Play", ("Left", ","), "", _V,
       icon=Icon.PREVIOUS_FRAME, repeats=True, opens_group=True),
    _C(Do.NEXT_FRAME, "Next frame", "Play", ("Right", "."), "", _V, icon=Icon.NEXT_FRAME,
       repeats=True),
    _C(Do.BACK_SECOND, "Jump back", "Play", ("Shift+Left",),
       "Go one second back, or as far as chosen", _V, repeats=True),
    _C(Do.FORWARD_SECOND, "Jump forward", "Play", ("Shift+Right",),
       "Go one second on, or as far as chosen", _V, repeats=True),
    _C(Do.BACK_TEN, "Jump far back", "Play", ("Ctrl+Left",),
       "Go ten seconds back, or as far as chosen", _V, repeats=True),
    _C(Do.FORWARD_TEN, "Jump far forward", "Play", ("Ctrl+Right",),
       "Go ten seconds on, or as far as chosen", _V, repeats=True),
    _C(Do.TO_START, "Go to start", "Play", ("Home",), "", _V, icon=Icon.TO_START),
    _C(Do.TO_END, "Go to end", "Play", ("End",), "", _V, icon=Icon.TO_END),
    _C(Do.GO_TO, "Go to frame or time…", "Play", ("G",), "", _V),
    _C(Do.NEXT_SEGMENT, "Next segment", "Play", ("Tab", "Alt+Down"), "", _V, Scope.STAGE,
       opens_group=True, repeats=True),
    _C(Do.PREVIOUS_SEGMENT, "Previous segment", "Play", ("Shift+Tab", "Alt+Up"), "", _V,
       Scope.STAGE, repeats=True),
    _C(Do.MUTE, "Mute", "Play", ("Alt+M",), "Play without sound, or with it again", _V,
       icon=Icon.MUTED, checkable=True, opens_group=True),
    _C(Do.ACCEPT, "Accept", "Label", ("A",), "Take the model's segment over as a label",
       (*_W, _N.PREDICTION), icon=Icon.ACCEPT),
    _C(Do.EDIT_LABEL, "Edit label…", "Label", ("E",),
       "Choose other classes; a segment of the model becomes a corrected label",
       (*_W, _N.CONTENT), icon=Icon.EDIT),
    _C(Do.REJECT, "Reject", "Label", ("R",), "Hide a wrong segment of the model",
       (*_W, _N.PREDICTION), icon=Icon.REJECT),
    _C(Do.MARK_IN, "Mark in", "Label", ("I",), "Start a range at the current frame", _W,
       opens_group=True),
    _C(Do.MARK_OUT, "Mark out", "Label", ("O",), "End the range with the current frame", _W),
    _C(Do.LABEL_RANGE, "Label the range…", "Label", ("Return", "Enter"),
       "Choose classes for the marked range", (*_W, _N.RANGE)),
    _C(Do.LABEL_AGAIN, "Label like the last one", "Label", ("Q",),
       "Give the range or the label the classes that were given last", (*_W, _N.TARGET, _N.LABELLED)),
    _C(Do.ADD_POINT, "Add a point event", "Label", ("Shift+P",), "A label without duration", _W),
    _C(Do.SPLIT, "Split", "Label", ("S",), "Cut the label in two at the current frame", _SEGMENT,
       opens_group=True),
    _C(Do.MERGE, "Merge with next", "Label", ("M",), "", (*_SEGMENT, _N.NEIGHBOR)),
    _C(Do.FILL_GAP, "Fill the gap", "Label", ("Shift+G",),
       "Stretch the label to its neighbor; without a label, mark the gap", _W),
    _C(Do.TRIM_START, "Trim start to the current frame", "Label", ("Shift+I",), "", _SEGMENT),
    _C(Do.TRIM_END, "Trim end to the current frame", "Label", ("Shift+O",), "", _SEGMENT),
    _C(Do.START_EARLIER, "Start one frame earlier", "Label", ("[",), "", _SEGMENT, repeats=True),
    _C(Do.START_LATER, "Start one frame later", "Label", ("]",), "", _SEGMENT, repeats=True),
    _C(Do.END_EARLIER, "End one frame earlier", "Label", ("Alt+[",), "", _SEGMENT, repeats=True),
    _C(Do.END_LATER, "End one frame later", "Label", ("Alt+]",), "", _SEGMENT, repeats=True),
    _C(Do.LABEL_UP, "Move to the track above", "Label", ("Ctrl+Alt+Up",), "", _SEGMENT, repeats=True,
       opens_group=True),
    _C(Do.LABEL_DOWN, "Move to the track below", "Label", ("Ctrl+Alt+Down",), "", _SEGMENT, repeats=True),
    _C(Do.NOTE, "Write a note", "Label", ("Ctrl+N",), "", _SEGMENT, Scope.ANYWHERE),
    _C(Do.SUBJECT, "Name the subject", "Label", ("Ctrl+Shift+N",),
       "Say whom or what the label is about", _SEGMENT, Scope.ANYWHERE),
    _C(Do.MARK_REVIEWED, "Mark as reviewed", "Label", ("Shift+R",),
       "The range or the selected labels; otherwise all up to the current frame. "
       "What is empty there is background", _W, opens_group=True),
    _C(Do.UNMARK_REVIEWED, "Mark as not reviewed", "Label", ("Ctrl+Shift+R",),
       "The range or the selected labels; otherwise what you have reviewed around this frame", _W),
    _C(Do.ADD_TRACK, "Add a track…", "Track", ("Ctrl+Shift+T",),
       "For another annotator, another hand, or labels that overlap", _W, Scope.ANYWHERE),
    _C(Do.EDIT_TRACK, "Change the track…", "Track", ("F2",),
       "Another name or annotator; allow or forbid overlaps", _W),
    _C(Do.REMOVE_TRACK, "Remove the track", "Track", (), "With its labels", _W),
    _C(Do.PREVIOUS_TRACK, "Label on the track above", "Track", ("Ctrl+Shift+Up",), "", (*_V, _N.TRACKS),
       Scope.ANYWHERE, opens_group=True, repeats=True),
    _C(Do.NEXT_TRACK, "Label on the track below", "Track", ("Ctrl+Shift+Down",), "", (*_V, _N.TRACKS),
       Scope.ANYWHERE, repeats=True),
    _C(Do.TRACK_UP, "Move the track up", "Track", ("Alt+Shift+Up",), "", (*_W, _N.TRACKS),
       repeats=True),
    _C(Do.TRACK_DOWN, "Move the track down", "Track", ("Alt+Shift+Down",), "", (*_W, _N.TRACKS),
       repeats=True),
    _C(Do.HIDE_TRACK, "Hide the track", "Track", ("Ctrl+Shift+H",), "In all videos that have it",
       (*_V, _N.TRACKS), opens_group=True),
    _C(Do.SHOW_TRACKS, "Show all tracks", "Track", (), "", (*_V, _N.HIDDEN)),
    _C(Do.LABELLING_MODE, "Letters label", "Label", ("Ctrl+L",),
       "Keys of classes label, also those that do something else otherwise", (), Scope.ANYWHERE,
       checkable=True, opens_group=True),
    _C(Do.EDIT_SCHEMA, "Edit classes…", "Label", ("Ctrl+K",),
       "Add, rename, merge, retire and import what can be labelled", (_N.PROJECT,), Scope.ANYWHERE,
       Icon.EDIT),
    _C(Do.PREDICT, "Predict", "Model", ("Ctrl+P",), "Let the model segment this video",
       (*_V, _N.MODEL, _N.NOT_TRAINING, _N.NOT_PREDICTING), Scope.ANYWHERE, Icon.PREDICT),
    _C(Do.RETRAIN, "Retrain", "Model", ("Ctrl+T",), "Let the model learn from your labels",
       (_N.PROJECT, _N.WRITABLE, _N.NOT_TRAINING), Scope.ANYWHERE, Icon.TRAIN),
    _C(Do.STOP_TRAINING, "Stop training", "Model", (), "Finish the step, keep what was learned",
       (_N.TRAINING,), icon=Icon.STOP),
    _C(Do.MODELS, "Manage models…", "Model", ("Ctrl+M",),
       "See which models and experts there are; fetch, import and remove them", (), Scope.ANYWHERE,
       Icon.MODEL, opens_group=True),
    _C(Do.HEATMAP, "Attention heatmap", "View", ("H",),
       "Show over the frame where the model looked", (*_V, _N.MODEL), icon=Icon.HEAT,
       checkable=True),
    _C(Do.ZOOM_IN, "Zoom timeline in", "View", ("Ctrl+Up", "Ctrl+="), "", _V, Scope.ANYWHERE,
       Icon.ZOOM_IN, opens_group=True, repeats=True),
    _C(Do.ZOOM_OUT, "Zoom timeline out", "View", ("Ctrl+Down", "Ctrl+-"), "", _V, Scope.ANYWHERE,
       Icon.ZOOM_OUT, repeats=True),
    _C(Do.ZOOM_FIT, "Show the whole video", "View", ("Ctrl+0",), "", _V, Scope.ANYWHERE, Icon.ZOOM_FIT),
    _C(Do.SHOW_PICTURES, "Pictures on the timeline", "View", ("Ctrl+Alt+P",),
       "Show key frames along the timeline", (), Scope.ANYWHERE, checkable=True),
    _C(Do.SHOW_WAVEFORM, "Waveform on the timeline", "View", ("Ctrl+Alt+W",),
       "Show the sound along the timeline, where the video has any", (), Scope.ANYWHERE,
       checkable=True),
    _C(Do.PICTURE_LARGER, "Magnify the picture", "View", ("+",),
       "See a part of the picture larger; the wheel does it where the pointer is", _V,
       opens_group=True, repeats=True),
    _C(Do.PICTURE_SMALLER, "Magnify less", "View", ("-",), "", _V, repeats=True),
    _C(Do.PICTURE_FIT, "Show the whole picture", "View", ("=",), "", _V),
    _C(Do.NEXT_PANEL, "Next panel", "View", ("F6",), "", (), Scope.ANYWHERE, opens_group=True),
    _C(Do.PREVIOUS_PANEL, "Previous panel", "View", ("Shift+F6",), "", (), Scope.ANYWHERE),
    _C(Do.BACK_OUT, "Back out", "View", ("Esc",),
       "Leave the field, clear the range, then the selection, then close the message", (),
       Scope.WINDOW),
    _C(Do.RESTORE_LAYOUT, "Restore layout", "View", (), "Put all panels back to their places",
       opens_group=True),
    _C(Do.PALETTE, "All commands…", "Help", ("Ctrl+Shift+P",),
       "Find a command by its name and run it", (), Scope.ANYWHERE),
    _C(Do.CHEAT_SHEET, "Keyboard shortcuts", "Help", ("?", "F1"), icon=Icon.KEYBOARD),
    _C(Do.KEYS, "Change keys…", "Help", ("Ctrl+Alt+K",),
       "Give commands other keys, or choose those of another program", (), Scope.ANYWHERE),
    _C(Do.OPEN_LOGS, "Open log folder", "Help"),
    _C(Do.ABOUT, "About CAST Studio", "Help", icon=Icon.INFO, opens_group=True),
)  # fmt: skip

BY_DO: dict[Do, Command] = {command.do: command for command in COMMANDS}
