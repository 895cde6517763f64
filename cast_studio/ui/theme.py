"""From tokens to Qt: the palette, the few style rules, and following the system's theme."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPainter, QPalette, QPen
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from cast_studio.app.preferences import USUAL_TEXT_PERCENT
from cast_studio.ui import tokens
from cast_studio.ui.style_rules import style_rules
from cast_studio.ui.tokens import CONTRAST_DARK, CONTRAST_LIGHT, DARK, LIGHT, THEMES, ColorTokens

ThemeChoice = Literal["system", "light", "dark", "contrast"]
_FADED = 0.6
"""How much of the ink is left of what cannot be used just now."""
_BY_GROUND = {theme.window: theme for theme in THEMES}


def colors_of(widget: QWidget) -> ColorTokens:
    """Return the tokens of the theme that a widget is shown in."""
    ground = widget.palette().color(QPalette.ColorRole.Window)
    if ground.alpha() < 255:  # style rules can make it transparent
        ground = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    found = _BY_GROUND.get(ground.name())
    return found or (DARK if ground.lightness() < 128 else LIGHT)


def palette_of(colors: ColorTokens) -> QPalette:
    """Return the Qt palette of a theme."""
    role = QPalette.ColorRole
    palette = QPalette()
    for target, color in {
        role.Window: colors.window,
        role.WindowText: colors.text,
        role.Base: colors.panel,
        role.AlternateBase: colors.window,
        role.ToolTipBase: colors.raised,
        role.ToolTipText: colors.text,
        role.PlaceholderText: colors.muted,
        role.Text: colors.text,
        role.Button: colors.raised,
        role.ButtonText: colors.text,
        role.BrightText: colors.danger,
        role.Light: colors.hover,
        role.Midlight: colors.line,
        role.Mid: colors.line,
        role.Dark: colors.control,
        role.Shadow: colors.canvas,
        role.Highlight: colors.accent,
        role.HighlightedText: colors.on_accent,
        role.Link: colors.accent,
        role.LinkVisited: colors.accent,
        role.Accent: colors.accent,
    }.items():
        palette.setColor(target, QColor(color))
    faded = QColor(tokens.blend(colors.muted, colors.window, _FADED))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, faded)
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(colors.line))
    return palette


def focus_pen(colors: ColorTokens) -> QPen:
    """Return the pen of the frame around what has the focus; thick where color tells too little."""
    return QPen(QColor(colors.accent), 3 if colors.is_high_contrast else 1)


def paint_focus_frame(painter: QPainter, widget: QWidget) -> None:
    """Paint the frame of a widget that has the focus, inside of its edges."""
    pen = focus_pen(colors_of(widget))
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inset = pen.width() // 2
    painter.drawRect(widget.rect().adjusted(inset, inset, -1 - inset, -1 - inset))


def set_kind(widget: QWidget, kind: str) -> None:
    """Give a label one of the kinds the style rules know, also after it was shown."""
    widget.setProperty("kind", kind)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def with_tabular_figures(font: QFont) -> QFont:
    """Return a font whose digits are all equally wide, for times and frame numbers."""
    tabular = QFont(font)
    tabular.setFeature(QFont.Tag("tnum"), 1)
    return tabular


def text_scale() -> float:
    """Return how much larger than usual the user wants text: 1 for the sizes of the tokens.

    The application's own font tells it, as the palette tells the theme; 1 without an application.
    """
    if QGuiApplication.instance() is None:
        return 1.0
    pixels = QGuiApplication.font().pixelSize()
    return pixels / tokens.TEXT_BODY if pixels > 0 else 1.0


def scaled(pixels: float) -> int:
    """Return a length that grows with the text, such as the height of a line, in pixels."""
    return round(pixels * text_scale())


def sized(font: QFont, pixels: int, *, bold: bool = False) -> QFont:
    """Return a font in another size of the tokens, as much larger as the user wants text."""
    other = QFont(font)
    other.setPixelSize(scaled(pixels))
    if bold:
        other.setWeight(QFont.Weight.DemiBold)
    return other


def chosen_colors(choice: ThemeChoice, *, is_light: bool, wants_contrast: bool) -> ColorTokens:
    """Return the tokens for a choice.

    Args:
        choice: What the user asked for.
        is_light: Whether the system shows dark text on light ground.
        wants_contrast: Whether the system asks for high contrast.
    """
    if choice == "contrast" or (choice == "system" and wants_contrast):
        return CONTRAST_LIGHT if is_light else CONTRAST_DARK
    if choice == "system":
        return LIGHT if is_light else DARK
    return DARK if choice == "dark" else LIGHT


def _wants_contrast() -> bool:
    hints = QGuiApplication.styleHints()
    if not hasattr(hints, "accessibility"):  # since Qt 6.10
        return False
    return hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast


class Theme(QObject):
    """Dresses the application and follows the system while the user has no preference.

    The system's color scheme is only read: setting it does nothing on some platforms. High contrast
    is black on white or white on black, whichever the system's scheme is nearer to; while the system
    itself asks for high contrast, so does the choice to be like the system.

    Signals:
        changed: The new :class:`ColorTokens`.
    """

    changed = Signal(object)

    def __init__(
        self,
        application: QApplication,
        choice: ThemeChoice = "system",
        *,
        text_percent: int = USUAL_TEXT_PERCENT,
    ) -> None:
        """Dress the application.

        Args:
            application: All of its windows.
            choice: What the user asked for.
            text_percent: How large text is, in percent of the usual size.
        """
        super().__init__(application)
        self._application = application
        self._choice: ThemeChoice = choice
        self._shown: tuple[ColorTokens, int] | None = None
        self._text_percent = text_percent
        application.setStyle(QStyleFactory.create("Fusion"))
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._on_system_changed)
        if hasattr(hints, "accessibility"):  # since Qt 6.10
            hints.accessibility().contrastPreferenceChanged.connect(self._on_system_changed)
        self._dress()

    @property
    def choice(self) -> ThemeChoice:
        """What the user asked for."""
        return self._choice

    @property
    def colors(self) -> ColorTokens:
        """The tokens in use."""
        is_light = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
        return chosen_colors(self._choice, is_light=is_light, wants_contrast=_wants_contrast())

    @property
    def text_percent(self) -> int:
        """How large text is, in percent of the usual size."""
        return self._text_percent

    def show_text_size(self, percent: int) -> None:
        """Show text in another size, at once."""
        self._text_percent = percent
        self._dress()

    def choose(self, choice: ThemeChoice) -> None:
        """Show another theme, at once."""
        self._choice = choice
        self._dress()

    @Slot()
    def _on_system_changed(self) -> None:
        self._dress()

    def _dress(self) -> None:
        colors = self.colors
        if (colors, self._text_percent) == self._shown:
            return
        self._shown = colors, self._text_percent
        font = QFont(self._application.font())
        font.setPixelSize(round(tokens.TEXT_BODY * self._text_percent / 100))
        self._application.setFont(font)
        self._application.setPalette(palette_of(colors))
        # Fonts of widgets follow when the rules are set anew.
        self._application.setStyleSheet(style_rules(colors, self._text_percent / 100))
        self.changed.emit(colors)
