"""Every command of the program as data: words, keys, menu, when it is possible. No widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from cast_studio.ui.icons import Icon
from cast_studio.ui.language import marked, shown, translate

MenuName = Literal["File", "Edit", "Play", "Label", "Track", "Model", "View", "Theme", "Help"]
_t = marked
MENUS: tuple[MenuName, ...] = (
    _t("File"), _t("Edit"), _t("Play"), _t("Label"), _t("Track"), _t("Model"), _t("View"), _t("Theme"),
    _t("Help"),
)  # fmt: skip
INNER_MENUS: Mapping[MenuName, MenuName] = {"Theme": "View"}
"""The menus that are inside of another one."""


class Need(Enum):
    """What must be so for a command to make sense; the value says what is missing otherwise."""

    PROJECT = _t("open a project or a video first")
    WRITABLE = _t("this project is open for reading only")
    VIDEO = _t("choose a video first")
    SEGMENT = _t("select a label first")
    PREDICTION = _t("go to a segment of the model first")
    CONTENT = _t("go to a label or a segment of the model first")
    RANGE = _t("mark a range first")
    TARGET = _t("mark a range or go to a label first")
    LABELLED = _t("nothing has been labelled yet")
    NEIGHBOR = _t("there is no later label to merge with")
    MODEL = _t("wait until the model is loaded")
    MISSING = _t("no video of the project is missing")
    NOT_IMPORTING = _t("a file is being imported already")
    NOT_EXPORTING = _t("a file is being exported already")
    NOT_OPENING_SAMPLE = _t("the sample project is being opened")
    NOT_PREDICTING = _t("the model is predicting already")
    NOT_TRAINING = _t("the model is being retrained")
    TRAINING = _t("no training is running")
    TRACKS = _t("there is only one track")
    HIDDEN = _t("no track is hidden")
    CAN_UNDO = _t("there is nothing to undo")
    CAN_REDO = _t("there is nothing to redo")


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
    BACK_UP = auto()
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
    NEXT_VIDEO = auto()
    PREVIOUS_VIDEO = auto()
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
    VIDEOS_PANEL = auto()
    INSPECTOR_PANEL = auto()
    TIMELINE_PANEL = auto()
    THEME_OF_SYSTEM = auto()
    THEME_LIGHT = auto()
    THEME_DARK = auto()
    THEME_CONTRAST = auto()
    TEXT_LARGER = auto()
    TEXT_SMALLER = auto()
    TEXT_USUAL = auto()
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

    @property
    def name(self) -> str:
        """What it is called, in the user's language."""
        return shown(self.text)

    def missing(self, met: frozenset[Need]) -> Need | None:
        """Return the first need that does not hold, or None when the command is possible."""
        return next((need for need in self.needs if need not in met), None)

    def tooltip(self, key_text: str, met: frozenset[Need]) -> str:
        """Return the tooltip: what it does, its key, and why it is not possible just now."""
        text = shown(self.tip or self.text).rstrip("…")
        if key_text:
            text += f" ({key_text})"
        missing = self.missing(met)
        if missing is None:
            return text
        why = translate("Command", "Not possible now: {why}.").format(why=shown(missing.value))
        return f"{text}\n{why}"


_V = (Need.PROJECT, Need.VIDEO)
_W = (Need.PROJECT, Need.WRITABLE, Need.VIDEO)
_SEGMENT = (*_W, Need.SEGMENT)
_C, _N = Command, Need

COMMANDS: tuple[Command, ...] = (
    _C(Do.NEW_PROJECT, _t("New project…"), "File", ("Ctrl+Alt+N",),
       _t("Choose a name and what can be labelled"), (_N.NOT_OPENING_SAMPLE,), Scope.ANYWHERE, Icon.ADD),
    _C(Do.OPEN_VIDEO, _t("Open video…"), "File", ("Ctrl+O",), _t("Open one or more videos"),
       (_N.NOT_OPENING_SAMPLE,), Scope.ANYWHERE, Icon.VIDEO),
    _C(Do.OPEN_PROJECT, _t("Open project…"), "File", ("Ctrl+Shift+O",), _t("Open a .cast project folder"),
       (_N.NOT_OPENING_SAMPLE,), Scope.ANYWHERE, Icon.OPEN),
    _C(Do.OPEN_SAMPLE, _t("Open sample project"), "File", (),
       _t("Open a small project of rendered scenes to try everything out"),
       (_N.NOT_OPENING_SAMPLE,), icon=Icon.SAMPLE),
    _C(Do.LOCATE_VIDEO, _t("Locate missing video…"), "File", (),
       _t("Say where a moved video is now; what was moved along with it is found with it"),
       (_N.PROJECT, _N.WRITABLE, _N.MISSING)),
    _C(Do.IMPORT, _t("Import labels…"), "File", ("Ctrl+Shift+I",),
       _t("Read labels from a file; you see what it would change first"),
       (_N.NOT_IMPORTING,), Scope.ANYWHERE, Icon.IMPORT, opens_group=True),
    _C(Do.EXPORT, _t("Export…"), "File", ("Ctrl+E",),
       _t("Write the labels to a file of another program"), (_N.PROJECT, _N.NOT_EXPORTING),
       Scope.ANYWHERE, Icon.EXPORT),
    _C(Do.BACKUPS, _t("Backups…"), "File", (),
       _t("See what backups of the project hold, and go back to one"), (_N.PROJECT,), icon=Icon.BACKUP),
    _C(Do.BACK_UP, _t("Back up now"), "File", ("Ctrl+S",),
       _t("Keep a backup of this state; every edit is saved at once anyway"),
       (_N.PROJECT, _N.WRITABLE), Scope.ANYWHERE),
    _C(Do.CLOSE_PROJECT, _t("Close project"), "File", ("Ctrl+W",), "", (_N.PROJECT,), Scope.ANYWHERE,
       opens_group=True),
    _C(Do.QUIT, _t("Quit"), "File", ("Ctrl+Q",), scope=Scope.ANYWHERE),
    _C(Do.UNDO, _t("Undo"), "Edit", ("Ctrl+Z",), "", (_N.PROJECT, _N.CAN_UNDO), icon=Icon.UNDO,
       repeats=True),
    _C(Do.REDO, _t("Redo"), "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "", (_N.PROJECT, _N.CAN_REDO),
       icon=Icon.REDO, repeats=True),
    _C(Do.CUT, _t("Cut"), "Edit", ("Ctrl+X",), _t("Copy the selected labels and delete them"), _SEGMENT,
       opens_group=True),
    _C(Do.COPY, _t("Copy"), "Edit", ("Ctrl+C",), _t("Copy the selected labels, to paste them elsewhere"),
       (*_V, _N.SEGMENT)),
    _C(Do.PASTE, _t("Paste"), "Edit", ("Ctrl+V",),
       _t("Add the copied labels; the first one begins with the current frame"), _W),
    _C(Do.DELETE, _t("Delete label"), "Edit", ("Del", "Backspace"), _t("Delete the selected label"),
       _SEGMENT),
    _C(Do.SELECT_ALL, _t("Select all labels"), "Edit", ("Ctrl+A",), _t("Of all tracks that are shown"), _V,
       opens_group=True),
    _C(Do.REMOVE_VIDEO, _t("Remove video from project"), "Edit", (),
       _t("Take the video, or all that are chosen in the list, and its labels out of the project; "
       "files stay"), _W, opens_group=True),
    _C(Do.PLAY_PAUSE, _t("Play or pause"), "Play", ("Space",), "", _V, icon=Icon.PLAY),
    _C(Do.PLAY_SEGMENT, _t("Play segment"), "Play", ("Shift+Space",),
       _t("Play the selected label or segment of the model and stop at its end"), (*_V, _N.CONTENT)),
    _C(Do.LOOP_SEGMENT, _t("Loop segment"), "Play", ("Ctrl+Shift+Space",),
       _t("Play the selected label, segment of the model or range again and again"), (*_V, _N.CONTENT)),
    _C(Do.SLOWER, _t("Slower or backwards"), "Play", ("J",), "", _V),
    _C(Do.STOP_PLAYING, _t("Pause"), "Play", ("K",), "", _V),
    _C(Do.FASTER, _t("Faster"), "Play", ("L",), "", _V),
    _C(Do.PREVIOUS_FRAME, _t("Previous frame"), "Play", ("Left", ","), "", _V,
       icon=Icon.PREVIOUS_FRAME, repeats=True, opens_group=True),
    _C(Do.NEXT_FRAME, _t("Next frame"), "Play", ("Right", "."), "", _V, icon=Icon.NEXT_FRAME,
       repeats=True),
    _C(Do.BACK_SECOND, _t("Jump back"), "Play", ("Shift+Left",),
       _t("Go one second back, or as far as chosen"), _V, repeats=True),
    _C(Do.FORWARD_SECOND, _t("Jump forward"), "Play", ("Shift+Right",),
       _t("Go one second on, or as far as chosen"), _V, repeats=True),
    _C(Do.BACK_TEN, _t("Jump far back"), "Play", ("Ctrl+Left",),
       _t("Go ten seconds back, or as far as chosen"), _V, repeats=True),
    _C(Do.FORWARD_TEN, _t("Jump far forward"), "Play", ("Ctrl+Right",),
       _t("Go ten seconds on, or as far as chosen"), _V, repeats=True),
    _C(Do.TO_START, _t("Go to start"), "Play", ("Home",), "", _V, icon=Icon.TO_START),
    _C(Do.TO_END, _t("Go to end"), "Play", ("End",), "", _V, icon=Icon.TO_END),
    _C(Do.GO_TO, _t("Go to frame or time…"), "Play", ("G",), "", _V),
    _C(Do.NEXT_SEGMENT, _t("Next segment"), "Play", ("Tab", "Alt+Down"), "", _V, Scope.STAGE,
       opens_group=True, repeats=True),
    _C(Do.PREVIOUS_SEGMENT, _t("Previous segment"), "Play", ("Shift+Tab", "Alt+Up"), "", _V,
       Scope.STAGE, repeats=True),
    _C(Do.NEXT_VIDEO, _t("Next video"), "Play", ("PgDown",), _t("Show the next video of the list"),
       (_N.PROJECT,)),
    _C(Do.PREVIOUS_VIDEO, _t("Previous video"), "Play", ("PgUp",),
       _t("Show the video of the list before this one"), (_N.PROJECT,)),
    _C(Do.MUTE, _t("Mute"), "Play", ("Alt+M",), _t("Play without sound, or with it again"), _V,
       icon=Icon.MUTED, checkable=True, opens_group=True),
    _C(Do.ACCEPT, _t("Accept"), "Label", ("A",), _t("Take the model's segment over as a label"),
       (*_W, _N.PREDICTION), icon=Icon.ACCEPT),
    _C(Do.EDIT_LABEL, _t("Edit label…"), "Label", ("E",),
       _t("Choose other classes; a segment of the model becomes a corrected label"),
       (*_W, _N.CONTENT), icon=Icon.EDIT),
    _C(Do.REJECT, _t("Reject"), "Label", ("R",), _t("Hide a wrong segment of the model"),
       (*_W, _N.PREDICTION), icon=Icon.REJECT),
    _C(Do.MARK_IN, _t("Mark in"), "Label", ("I",), _t("Start a range at the current frame"), _W,
       opens_group=True),
    _C(Do.MARK_OUT, _t("Mark out"), "Label", ("O",), _t("End the range with the current frame"), _W),
    _C(Do.LABEL_RANGE, _t("Label the range…"), "Label", ("Return", "Enter"),
       _t("Choose classes for the marked range"), (*_W, _N.RANGE)),
    _C(Do.LABEL_AGAIN, _t("Label like the last one"), "Label", ("Q",),
       _t("Give the range or the label the classes that were given last"), (*_W, _N.TARGET, _N.LABELLED)),
    _C(Do.ADD_POINT, _t("Add a point event"), "Label", ("Shift+P",), _t("A label without duration"), _W),
    _C(Do.SPLIT, _t("Split"), "Label", ("S",), _t("Cut the label in two at the current frame"), _SEGMENT,
       opens_group=True),
    _C(Do.MERGE, _t("Merge with next"), "Label", ("M",), "", (*_SEGMENT, _N.NEIGHBOR)),
    _C(Do.FILL_GAP, _t("Fill the gap"), "Label", ("Shift+G",),
       _t("Stretch the label to its neighbor; without a label, mark the gap"), _W),
    _C(Do.TRIM_START, _t("Trim start to the current frame"), "Label", ("Shift+I",), "", _SEGMENT),
    _C(Do.TRIM_END, _t("Trim end to the current frame"), "Label", ("Shift+O",), "", _SEGMENT),
    _C(Do.START_EARLIER, _t("Start one frame earlier"), "Label", ("[",), "", _SEGMENT, repeats=True),
    _C(Do.START_LATER, _t("Start one frame later"), "Label", ("]",), "", _SEGMENT, repeats=True),
    _C(Do.END_EARLIER, _t("End one frame earlier"), "Label", ("Alt+[",), "", _SEGMENT, repeats=True),
    _C(Do.END_LATER, _t("End one frame later"), "Label", ("Alt+]",), "", _SEGMENT, repeats=True),
    _C(Do.LABEL_UP, _t("Move to the track above"), "Label", ("Ctrl+Alt+Up",), "", _SEGMENT, repeats=True,
       opens_group=True),
    _C(Do.LABEL_DOWN, _t("Move to the track below"), "Label", ("Ctrl+Alt+Down",), "", _SEGMENT, repeats=True),
    _C(Do.NOTE, _t("Write a note"), "Label", ("Ctrl+N",), "", _SEGMENT, Scope.ANYWHERE),
    _C(Do.SUBJECT, _t("Name the subject"), "Label", ("Ctrl+Shift+N",),
       _t("Say whom or what the label is about"), _SEGMENT, Scope.ANYWHERE),
    _C(Do.MARK_REVIEWED, _t("Mark as reviewed"), "Label", ("Shift+R",),
       _t("The range or the selected labels; otherwise all up to the current frame. "
       "What is empty there is background"), _W, opens_group=True),
    _C(Do.UNMARK_REVIEWED, _t("Mark as not reviewed"), "Label", ("Ctrl+Shift+R",),
       _t("The range or the selected labels; otherwise what you have reviewed around this frame"), _W),
    _C(Do.ADD_TRACK, _t("Add a track…"), "Track", ("Ctrl+Shift+T",),
       _t("For another annotator, another hand, or labels that overlap"), _W, Scope.ANYWHERE),
    _C(Do.EDIT_TRACK, _t("Change the track…"), "Track", ("F2",),
       _t("Another name or annotator; allow or forbid overlaps"), _W),
    _C(Do.REMOVE_TRACK, _t("Remove the track"), "Track", (), _t("With its labels"), _W),
    _C(Do.PREVIOUS_TRACK, _t("Label on the track above"), "Track", ("Ctrl+Shift+Up",), "", (*_V, _N.TRACKS),
       Scope.ANYWHERE, opens_group=True, repeats=True),
    _C(Do.NEXT_TRACK, _t("Label on the track below"), "Track", ("Ctrl+Shift+Down",), "", (*_V, _N.TRACKS),
       Scope.ANYWHERE, repeats=True),
    _C(Do.TRACK_UP, _t("Move the track up"), "Track", ("Alt+Shift+Up",), "", (*_W, _N.TRACKS),
       repeats=True),
    _C(Do.TRACK_DOWN, _t("Move the track down"), "Track", ("Alt+Shift+Down",), "", (*_W, _N.TRACKS),
       repeats=True),
    _C(Do.HIDE_TRACK, _t("Hide the track"), "Track", ("Ctrl+Shift+H",), _t("In all videos that have it"),
       (*_V, _N.TRACKS), opens_group=True),
    _C(Do.SHOW_TRACKS, _t("Show all tracks"), "Track", (), "", (*_V, _N.HIDDEN)),
    _C(Do.LABELLING_MODE, _t("Letters label"), "Label", ("Ctrl+L",),
       _t("Keys of classes label, also those that do something else otherwise"), (), Scope.ANYWHERE,
       checkable=True, opens_group=True),
    _C(Do.EDIT_SCHEMA, _t("Edit classes…"), "Label", ("Ctrl+K",),
       _t("Add, rename, merge, retire and import what can be labelled"), (_N.PROJECT,), Scope.ANYWHERE,
       Icon.EDIT),
    _C(Do.PREDICT, _t("Predict"), "Model", ("Ctrl+P",), _t("Let the model segment this video"),
       (*_V, _N.MODEL, _N.NOT_TRAINING, _N.NOT_PREDICTING), Scope.ANYWHERE, Icon.PREDICT),
    _C(Do.RETRAIN, _t("Retrain"), "Model", ("Ctrl+T",), _t("Let the model learn from your labels"),
       (_N.PROJECT, _N.WRITABLE, _N.NOT_TRAINING), Scope.ANYWHERE, Icon.TRAIN),
    _C(Do.STOP_TRAINING, _t("Stop training"), "Model", (), _t("Finish the step, keep what was learned"),
       (_N.TRAINING,), icon=Icon.STOP),
    _C(Do.MODELS, _t("Manage models…"), "Model", ("Ctrl+M",),
       _t("See which models and experts there are; fetch, import and remove them"), (), Scope.ANYWHERE,
       Icon.MODEL, opens_group=True),
    _C(Do.HEATMAP, _t("Attention heatmap"), "View", ("H",),
       _t("Show over the frame where the model looked"), (*_V, _N.MODEL), icon=Icon.HEAT,
       checkable=True),
    _C(Do.ZOOM_IN, _t("Zoom timeline in"), "View", ("Ctrl+Up", "Ctrl+="), "", _V, Scope.ANYWHERE,
       Icon.ZOOM_IN, opens_group=True, repeats=True),
    _C(Do.ZOOM_OUT, _t("Zoom timeline out"), "View", ("Ctrl+Down", "Ctrl+-"), "", _V, Scope.ANYWHERE,
       Icon.ZOOM_OUT, repeats=True),
    _C(Do.ZOOM_FIT, _t("Show the whole video"), "View", ("Ctrl+0",), "", _V, Scope.ANYWHERE, Icon.ZOOM_FIT),
    _C(Do.SHOW_PICTURES, _t("Pictures on the timeline"), "View", ("Ctrl+Alt+P",),
       _t("Show key frames along the timeline"), (), Scope.ANYWHERE, checkable=True),
    _C(Do.SHOW_WAVEFORM, _t("Waveform on the timeline"), "View", ("Ctrl+Alt+W",),
       _t("Show the sound along the timeline, where the video has any"), (), Scope.ANYWHERE,
       checkable=True),
    _C(Do.PICTURE_LARGER, _t("Magnify the picture"), "View", ("+",),
       _t("See a part of the picture larger; the wheel does it where the pointer is"), _V,
       opens_group=True, repeats=True),
    _C(Do.PICTURE_SMALLER, _t("Magnify less"), "View", ("-",), "", _V, repeats=True),
    _C(Do.PICTURE_FIT, _t("Show the whole picture"), "View", ("=",), "", _V),
    _C(Do.NEXT_PANEL, _t("Next panel"), "View", ("F6",), "", (), Scope.ANYWHERE, opens_group=True),
    _C(Do.PREVIOUS_PANEL, _t("Previous panel"), "View", ("Shift+F6",), "", (), Scope.ANYWHERE),
    _C(Do.BACK_OUT, _t("Back out"), "View", ("Esc",),
       _t("Leave the field, else close the message, clear the range, then the selection"), (),
       Scope.ANYWHERE),
    _C(Do.TEXT_LARGER, _t("Larger text"), "View", ("Ctrl+Alt++", "Ctrl+Alt+="), "", (), Scope.ANYWHERE,
       opens_group=True),
    _C(Do.TEXT_SMALLER, _t("Smaller text"), "View", ("Ctrl+Alt+-",), "", (), Scope.ANYWHERE),
    _C(Do.TEXT_USUAL, _t("Text of usual size"), "View", ("Ctrl+Alt+0",), "", (), Scope.ANYWHERE),
    _C(Do.RESTORE_LAYOUT, _t("Restore layout"), "View", (), _t("Put all panels back to their places"),
       opens_group=True),
    _C(Do.VIDEOS_PANEL, _t("Videos"), "View", (), _t("Show or hide the list of videos"), checkable=True,
       opens_group=True),
    _C(Do.INSPECTOR_PANEL, _t("Label, why and train"), "View", (),
       _t("Show or hide the panel beside the video"), checkable=True),
    _C(Do.TIMELINE_PANEL, _t("Timeline"), "View", (), _t("Show or hide the timeline"), checkable=True),
    _C(Do.THEME_OF_SYSTEM, _t("Like the system"), "Theme", checkable=True),
    _C(Do.THEME_LIGHT, _t("Light"), "Theme", checkable=True),
    _C(Do.THEME_DARK, _t("Dark"), "Theme", checkable=True),
    _C(Do.THEME_CONTRAST, _t("High contrast"), "Theme", checkable=True),
    _C(Do.PALETTE, _t("All commands…"), "Help", ("Ctrl+Shift+P",),
       _t("Find a command by its name and run it"), (), Scope.ANYWHERE),
    _C(Do.CHEAT_SHEET, _t("Keyboard shortcuts"), "Help", ("?", "F1"), icon=Icon.KEYBOARD),
    _C(Do.KEYS, _t("Change keys…"), "Help", ("Ctrl+Alt+K",),
       _t("Give commands other keys, or choose those of another program"), (), Scope.ANYWHERE),
    _C(Do.OPEN_LOGS, _t("Open log folder"), "Help"),
    _C(Do.ABOUT, _t("About CAST Studio"), "Help", icon=Icon.INFO, opens_group=True),
)  # fmt: skip

BY_DO: dict[Do, Command] = {command.do: command for command in COMMANDS}
