"""What the program remembers per machine and user: typed settings, and where its own files are."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import platformdirs
from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

Theme = Literal["system", "light", "dark"]

HOME_VARIABLE: Final = "CAST_STUDIO_HOME"
MAX_RECENT_PROJECTS: Final = 12
MAX_REACTION_MS: Final = 2000
_DEFAULT_HEATMAP_OPACITY: Final = 0.7
_JUMP_SECONDS: Final = (0.04, 600.0)
_APP_NAME: Final = "CAST Studio"


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

    @property
    def uses_hardware(self) -> bool:
        """Whether hardware decodes videos where there is some that gives the same frames."""
        return self._text("hardware_decoding", "auto") != "off"

    @uses_hardware.setter
    def uses_hardware(self, value: bool) -> None:
        self._store("hardware_decoding", "auto" if value else "off")

    @property
    def volume(self) -> float:
        """How loud sound is played, 0 to 1."""
        return self._number_within("volume", 0.8, 0.0, 1.0)

    @volume.setter
    def volume(self, value: float) -> None:
        self._store("volume", min(1.0, max(0.0, value)))

    @property
    def is_muted(self) -> bool:
        """Whether no sound is played at all."""
        return self._text("is_muted", "false") == "true"

    @is_muted.setter
    def is_muted(self, value: bool) -> None:
        self._store("is_muted", "true" if value else "false")

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

    @property
    def letters_label(self) -> bool:
        """Whether letters of classes label, also those that do something else otherwise."""
        return self._text("letters_label", "no") == "yes"

    @letters_label.setter
    def letters_label(self, value: bool) -> None:
        self._store("letters_label", "yes" if value else "no")

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


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "annotator"
