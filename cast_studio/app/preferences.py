"""What the program remembers per machine and user: typed settings, and where its own files are."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import platformdirs
from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

Theme = Literal["system", "light", "dark", "contrast"]
Purpose = Literal["videos", "projects", "imports", "exports", "classes", "models"]
"""What files are chosen for; each has a folder of its own that was used last."""

TEXT_PERCENTS: Final = (80, 90, 100, 110, 125, 150, 175, 200)
"""The sizes that text can have, in percent of the usual one."""
USUAL_TEXT_PERCENT: Final = 100
HOME_VARIABLE: Final = "CAST_STUDIO_HOME"
MAX_RECENT_PROJECTS: Final = 12
MAX_REACTION_MS: Final = 2000
_DEFAULT_HEATMAP_OPACITY: Final = 0.7
_JUMP_SECONDS: Final = (0.04, 600.0)
_APP_NAME: Final = "CAST Studio"
_ON: Final = ("yes", "true", "auto")
_OFF: Final = ("no", "false", "off")


@dataclass(frozen=True, slots=True)
class AppFolders:
    """The folders of this program on this machine; they may not exist yet.

    Attributes:
        data: What the user would miss: the opened sample project, models of their own.
        cache: What can be deleted at any time.
        logs: Log files.
        settings_file: The preferences, an INI file.
    """

    data: Path
    cache: Path
    logs: Path
    settings_file: Path

    @classmethod
    def default(cls, environment: Mapping[str, str] | None = None) -> AppFolders:
        """Return the platform's own folders, or all below ``CAST_STUDIO_HOME`` where that is set.

        Args:
            environment: ``os.environ`` by default.
        """
        home = (os.environ if environment is None else environment).get(HOME_VARIABLE)
        if home:
            return cls.below(Path(home))
        folders = platformdirs.PlatformDirs(_APP_NAME, appauthor=False)
        return cls(
            data=folders.user_data_path,
            cache=folders.user_cache_path,
            logs=folders.user_log_path,
            settings_file=folders.user_config_path / "preferences.ini",
        )

    @classmethod
    def below(cls, root: Path) -> AppFolders:
        """Return folders that are all inside ``root``, as a portable installation has them."""
        return cls(
            data=root / "data",
            cache=root / "cache",
            logs=root / "logs",
            settings_file=root / "preferences.ini",
        )

    @property
    def models(self) -> Path:
        """Where models that the user added are looked for."""
        return self.data / "models"

    @property
    def projects(self) -> Path:
        """Where a project goes when the user opens a video without choosing a place."""
        return self.data / "projects"


@dataclass(frozen=True, slots=True)
class BegunLabel:
    """A label that was begun by a key and waits for its end. It is no edit yet.

    Attributes:
        video_id: Where.
        start: In ticks of the video.
        labels: Head name to class id.
    """

    video_id: str
    start: int
    labels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ProjectView:
    """How a project was looked at on this machine.

    Attributes:
        track: Name and annotator of the track that is labelled on; None for the annotator's own.
        hidden: Names and annotators of the tracks that are not shown.
        video: Id of the video that was shown when it was left; empty for the first one.
        begun: Labels that were not ended yet, the one that was begun last at the end.
    """

    track: tuple[str, str] | None = None
    hidden: tuple[tuple[str, str], ...] = ()
    video: str = ""
    begun: tuple[BegunLabel, ...] = ()


class _Switch:
    """A preference that is on or off: written as yes or no, read as whatever was written before."""

    def __init__(self, key: str, *, default: bool) -> None:
        self._key = key
        self._default = default

    def __get__(self, preferences: Preferences, _: object) -> bool:
        word = preferences._text(self._key, "")
        return word in _ON or (self._default and word not in _OFF)

    def __set__(self, preferences: Preferences, is_on: bool) -> None:
        preferences._store(self._key, "yes" if is_on else "no")


class Preferences(QObject):
    """Typed settings that are on disk when they are set. GUI thread.

    A value that was edited by hand into something unusable reads as its default.

    Signals:
        changed: With the name of the property that changed.
    """

    changed = Signal(str)

    def __init__(self, folders: AppFolders | None = None) -> None:
        """Open the settings file of ``folders``, the platform's own by default."""
        super().__init__()
        self.folders = folders if folders is not None else AppFolders.default()
        self._settings = QSettings(str(self.folders.settings_file), QSettings.Format.IniFormat)

    @property
    def theme(self) -> Theme:
        """The color theme; ``"system"`` follows the desktop."""
        text = self._text("theme", "system")
        for theme in get_args(Theme):
            if text == theme:
                found: Theme = theme
                return found
        return "system"

    @theme.setter
    def theme(self, value: Theme) -> None:
        self._store("theme", value)

    @property
    def text_percent(self) -> int:
        """How large text is, in percent of the usual size: one of :data:`TEXT_PERCENTS`."""
        number = self._number("text_percent", USUAL_TEXT_PERCENT)
        return int(number) if number in TEXT_PERCENTS else USUAL_TEXT_PERCENT

    @text_percent.setter
    def text_percent(self, value: int) -> None:
        self._store("text_percent", value)

    @property
    def heatmap_opacity(self) -> float:
        """Opacity of the attention heatmap over the frame, 0 to 1."""
        return min(1.0, max(0.0, self._number("heatmap_opacity", _DEFAULT_HEATMAP_OPACITY)))

    @heatmap_opacity.setter
    def heatmap_opacity(self, value: float) -> None:
        self._store("heatmap_opacity", min(1.0, max(0.0, value)))

    @property
    def short_jump_seconds(self) -> float:
        """How far a short jump goes in the video, 0.04 to 600 seconds."""
        return self._number_within("short_jump_seconds", 1.0, *_JUMP_SECONDS)

    @short_jump_seconds.setter
    def short_jump_seconds(self, value: float) -> None:
        self._store("short_jump_seconds", value)

    @property
    def long_jump_seconds(self) -> float:
        """How far a long jump goes in the video, 0.04 to 600 seconds."""
        return self._number_within("long_jump_seconds", 10.0, *_JUMP_SECONDS)

    @long_jump_seconds.setter
    def long_jump_seconds(self, value: float) -> None:
        self._store("long_jump_seconds", value)

    @property
    def frame_cache_megabytes(self) -> int:
        """Most memory for decoded frames around the playhead, 64 to 65536 times 2^20 bytes."""
        return round(self._number_within("frame_cache_megabytes", 512.0, 64.0, 65536.0))

    @frame_cache_megabytes.setter
    def frame_cache_megabytes(self, value: int) -> None:
        self._store("frame_cache_megabytes", value)

    uses_hardware = _Switch("hardware_decoding", default=True)
    """Whether hardware decodes videos where there is some that gives the same frames."""

    @property
    def volume(self) -> float:
        """How loud sound is played, 0 to 1."""
        return self._number_within("volume", 0.8, 0.0, 1.0)

    @volume.setter
    def volume(self, value: float) -> None:
        self._store("volume", min(1.0, max(0.0, value)))

    is_muted = _Switch("is_muted", default=False)
    """Whether no sound is played at all."""

    shows_pictures = _Switch("shows_pictures", default=True)
    """Whether the timeline has a strip of small pictures."""

    shows_waveform = _Switch("shows_waveform", default=True)
    """Whether the timeline has a strip of the sound, where there is any."""

    @property
    def annotator(self) -> str:
        """The name written beside every edit; the login name until the user chooses one."""
        return self._text("annotator", "") or _login_name()

    @annotator.setter
    def annotator(self, value: str) -> None:
        self._store("annotator", value.strip())

    @property
    def key_preset(self) -> str:
        """The set of keys to start from, by its name."""
        return self._text("key_preset", "editor")

    @property
    def key_changes(self) -> dict[str, tuple[str, ...]]:
        """Command name to its keys, where the user chose others than the preset's."""
        try:
            values: object = json.loads(self._text("key_changes", "{}"))
        except (ValueError, RecursionError):
            return {}
        if not isinstance(values, dict):
            return {}
        return {
            str(name): tuple(key for key in keys if isinstance(key, str))
            for name, keys in values.items()
            if isinstance(keys, list)
        }

    def set_keys(self, preset: str, changes: Mapping[str, tuple[str, ...]]) -> None:
        """Remember which keys commands have: a preset and the differences from it."""
        self._settings.setValue("key_preset", preset)
        # As text: the settings file would split lists at commas, which are keys too.
        self._store("key_changes", json.dumps({name: list(keys) for name, keys in changes.items()}))

    letters_label = _Switch("letters_label", default=False)
    """Whether letters of classes label, also those that do something else otherwise."""

    @property
    def reaction_ms(self) -> int:
        """How much later than what they see people press a key, 0 to 2000 ms.

        Labels that are started and ended by key while playing begin and end so much earlier.
        """
        return int(min(MAX_REACTION_MS, max(0.0, self._number("reaction_ms", 0.0))))

    @reaction_ms.setter
    def reaction_ms(self, value: int) -> None:
        self._store("reaction_ms", min(MAX_REACTION_MS, max(0, value)))

    @property
    def recent_projects(self) -> tuple[Path, ...]:
        """Project folders by last use, newest first. :mod:`cast_studio.app.recent` keeps them."""
        stored = self._settings.value("recent_projects", [])
        # QSettings hands a list of one back as a plain string.
        entries = [stored] if isinstance(stored, str) else stored
        if not isinstance(entries, list):
            return ()
        return tuple(Path(str(entry)) for entry in entries if str(entry))[:MAX_RECENT_PROJECTS]

    @recent_projects.setter
    def recent_projects(self, value: tuple[Path, ...]) -> None:
        self._store("recent_projects", [str(path) for path in value[:MAX_RECENT_PROJECTS]])

    def used_folder(self, purpose: Purpose) -> Path | None:
        """Return the folder in which files were chosen last; None before the first time."""
        text = self._text(f"used_folders/{purpose}", "")
        return Path(text) if text else None

    def set_used_folder(self, purpose: Purpose, folder: Path) -> None:
        """Remember in which folder files were chosen."""
        self._store(f"used_folders/{purpose}", str(folder))

    @property
    def window_geometry(self) -> QByteArray:
        """What ``QWidget.saveGeometry`` returned last; empty at first."""
        return self._bytes("window_geometry")

    @window_geometry.setter
    def window_geometry(self, value: QByteArray) -> None:
        self._store("window_geometry", value)

    @property
    def window_state(self) -> QByteArray:
        """What ``QMainWindow.saveState`` returned last; empty at first."""
        return self._bytes("window_state")

    @window_state.setter
    def window_state(self, value: QByteArray) -> None:
        self._store("window_state", value)

    def view_of(self, project_id: str) -> ProjectView:
        """Return how a project was looked at last."""
        try:
            stored: object = json.loads(self._text(f"views/{project_id}", "{}"))
            if not isinstance(stored, dict):
                return ProjectView()
            track = stored.get("track")
            return ProjectView(
                track=_pair(track) if track else None,
                hidden=tuple(_pair(found) for found in stored.get("hidden", ())),
                video=str(stored.get("video", "")),
                begun=tuple(map(_begun, stored.get("begun", ()))),
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return ProjectView()

    def set_view_of(self, project_id: str, view: ProjectView) -> None:
        """Remember how a project is looked at; nothing is kept of one with nothing to remember."""
        if view == ProjectView():
            if self._settings.contains(f"views/{project_id}"):
                self._settings.remove(f"views/{project_id}")
                self._settings.sync()
        elif view != self.view_of(project_id):
            self._settings.setValue(f"views/{project_id}", json.dumps(asdict(view)))
            self._settings.sync()

    def _store(self, key: str, value: object) -> None:
        self._settings.setValue(key, value)
        self._settings.sync()
        self.changed.emit(key)

    def _text(self, key: str, default: str) -> str:
        value = self._settings.value(key, default)
        return value if isinstance(value, str) else default

    def _number(self, key: str, default: float) -> float:
        value = self._settings.value(key, default)
        try:
            number = float(str(value))
        except ValueError:
            return default
        return number if abs(number) < 1e12 else default

    def _number_within(self, key: str, default: float, least: float, most: float) -> float:
        number = self._number(key, default)
        return number if least <= number <= most else default

    def _bytes(self, key: str) -> QByteArray:
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()


def _begun(stored: object) -> BegunLabel:
    if not isinstance(stored, dict):
        raise TypeError("a label that was begun is an object")
    labels = {str(head): int(class_id) for head, class_id in stored["labels"].items()}
    return BegunLabel(str(stored["video_id"]), int(stored["start"]), labels)


def _pair(value: object) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("neither name nor annotator")
    return str(value[0]), str(value[1])


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "annotator"
