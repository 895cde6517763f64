"""The end of the Play menu: which video stream is shown, and how playing works."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QMenu, QWidget

from cast_studio.app.playback import Player
from cast_studio.app.preferences import Preferences
from cast_studio.ui.language import translate
from cast_studio.ui.parts import add_choices
from cast_studio.ui.stream_menu import StreamMenu
from cast_studio.ui.studio import Studio

SHORT_JUMPS = (0.2, 0.5, 1.0, 2.0, 5.0)
LONG_JUMPS = (5.0, 10.0, 30.0, 60.0, 300.0)
CACHE_MEGABYTES = (256, 512, 1024, 2048, 4096)


def add_playback_menus(play: QMenu, studio: Studio, parent: QWidget) -> None:
    """Add the choice of the video stream, where there is one, and the settings of playing."""
    streams = StreamMenu(studio.services.player, parent)
    streams.stream_chosen.connect(studio.streams.choose)
    studio.session_changed.connect(lambda _: streams.set_possible(studio.streams.may_choose))
    play.addMenu(streams)
    play.addMenu(settings_menu(studio.services.player, studio.services.preferences, parent))


def settings_menu(player: Player, preferences: Preferences, parent: QWidget) -> QMenu:
    """Return a menu that changes these preferences; they apply at once."""
    menu = QMenu(translate("PlaybackMenu", "Playback settings"), parent)

    def set_short(seconds: float) -> None:
        preferences.short_jump_seconds = seconds

    def set_long(seconds: float) -> None:
        preferences.long_jump_seconds = seconds

    def set_cache(megabytes: float) -> None:
        preferences.frame_cache_megabytes = int(megabytes)
        player.set_cache_bytes(int(megabytes) << 20)

    _add(
        menu,
        translate("PlaybackMenu", "Jump"),
        SHORT_JUMPS,
        "{:g} s",
        preferences.short_jump_seconds,
        set_short,
    )
    _add(
        menu,
        translate("PlaybackMenu", "Far jump"),
        LONG_JUMPS,
        "{:g} s",
        preferences.long_jump_seconds,
        set_long,
    )
    _add(
        menu,
        translate("PlaybackMenu", "Memory for decoded frames"),
        CACHE_MEGABYTES,
        "{:g} MB",
        preferences.frame_cache_megabytes,
        set_cache,
    )
    menu.addMenu(_hardware_menu(player, preferences, menu))
    return menu


def _hardware_menu(player: Player, preferences: Preferences, parent: QWidget) -> QMenu:
    menu = QMenu(translate("PlaybackMenu", "Hardware decoding"), parent)
    menu.setToolTipsVisible(True)

    def choose(may_use: bool) -> None:
        preferences.uses_hardware = may_use
        player.set_hardware(may_use)

    choices = (
        (True, translate("PlaybackMenu", "Automatic")),
        (False, translate("PlaybackMenu", "Off")),
    )
    actions = add_choices(menu, choices, preferences.uses_hardware, choose)
    actions[True].setToolTip(translate("PlaybackMenu", "Where it gives the very same frames"))
    actions[False].setToolTip(translate("PlaybackMenu", "The processor decodes all videos"))
    return menu


def _add(
    menu: QMenu,
    title: str,
    choices: Sequence[float],
    pattern: str,
    chosen: float,
    choose: Callable[[float], None],
) -> None:
    """Add a choice of numbers; one that was set elsewhere stands among them."""
    texts = ((value, pattern.format(value)) for value in sorted({*choices, chosen}))
    add_choices(menu.addMenu(title), texts, chosen, choose)
