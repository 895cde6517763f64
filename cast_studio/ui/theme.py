"""From tokens to Qt: the palette, the few style rules, and following the system's theme."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from cast_studio.resource_files import resource_path
from cast_studio.ui import tokens
from cast_studio.ui.tokens import DARK, LIGHT, ColorTokens

ThemeChoice = Literal["system", "light", "dark"]


def colors_of(widget: QWidget) -> ColorTokens:
    """Return the tokens of the theme that a widget is shown in."""
    ground = widget.palette().color(QPalette.ColorRole.Window)
    return DARK if ground.lightness() < 128 else LIGHT


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
    faded = QColor(tokens.blend(colors.muted, colors.window, 0.6))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, faded)
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(colors.line))
    return palette


def style_rules(colors: ColorTokens) -> str:
    """Return the rules for what Fusion and a palette cannot say."""
    t = tokens
    notices = "".join(
        f'QFrame[notice="{level}"] {{ background: {t.blend(tint, colors.window, 0.14)};'
        f" border-bottom: 1px solid {t.blend(tint, colors.window, 0.5)}; }}\n"
        for level, tint in {
            "info": colors.accent,
            "warning": colors.warning,
            "error": colors.danger,
        }.items()
    )
    return f"""{notices}
    QToolBar {{ border: none; border-bottom: 1px solid {colors.line};
        padding: {t.SPACE_XS}px {t.SPACE_S}px; spacing: {t.SPACE_XS}px; }}
    QToolBar::separator {{ background: {colors.line}; width: 1px; margin: 5px {t.SPACE_S}px; }}
    QToolButton {{ border: 1px solid transparent; border-radius: {t.RADIUS}px;
        padding: {t.SPACE_XS}px {t.SPACE_S - 2}px; }}
    QToolButton:hover {{ background: {colors.hover}; }}
    QToolButton:checked {{ background: {t.blend(colors.accent, colors.window, 0.3)}; }}
    QToolButton:pressed {{ background: {colors.line}; }}
    QToolButton:focus, QPushButton:focus {{ border-color: {colors.accent}; }}
    QToolButton:disabled, QPushButton:disabled {{ background: transparent; }}
    QToolButton[popupMode="2"] {{ padding-right: {t.SPACE_L + 2}px; }}
    QToolButton::menu-indicator {{ subcontrol-position: right center; right: 5px; }}
    QPushButton {{ background: {colors.raised}; border: 1px solid {colors.control};
        border-radius: {t.RADIUS}px; padding: 5px {t.SPACE_M}px; outline: none; }}
    QPushButton:hover {{ background: {colors.hover}; }}
    QPushButton:pressed {{ background: {colors.line}; }}
    QPushButton:checked {{ background: {t.blend(colors.accent, colors.window, 0.3)};
        border-color: {colors.accent}; }}
    QPushButton:disabled {{ border-color: {colors.line}; }}
    QPushButton[primary="true"]:enabled {{ background: {colors.accent};
        border-color: {colors.accent}; color: {colors.on_accent}; }}
    QPushButton[primary="true"]:focus {{ border-color: {colors.text}; }}
    QPushButton[flat="true"] {{ border-color: transparent; background: transparent; }}
    QPushButton[flat="true"]:hover {{ background: {colors.hover}; }}
    QPushButton[flat="true"]:focus {{ border-color: {colors.accent};
        background: {t.blend(colors.accent, colors.window, 0.14)}; }}
    QMenu {{ border: 1px solid {colors.line}; }}
    QMenu::separator {{ background: {colors.line}; height: 1px; margin: {t.SPACE_XS}px 0; }}
    QMainWindow::separator {{ background: {colors.line}; width: 1px; height: 1px; }}
    QMainWindow::separator:hover {{ background: {colors.accent}; }}
    QDockWidget {{ titlebar-close-icon: none; titlebar-normal-icon: none; }}
    QStatusBar {{ border-top: 1px solid {colors.line}; }}
    QStatusBar::item {{ border: none; }}
    QTabWidget::pane {{ border: none; }}
    QTabBar {{ background: {colors.window}; qproperty-drawBase: 0; }}
    QTabBar::tab {{ color: {colors.muted}; padding: {t.SPACE_S}px {t.SPACE_M}px;
        border-bottom: 2px solid transparent; }}
    QTabBar::tab:hover {{ color: {colors.text}; }}
    QTabBar::tab:selected {{ color: {colors.text}; border-bottom-color: {colors.accent}; }}
    QTabBar::tab:focus {{ background: {colors.hover}; }}
    QLineEdit, QPlainTextEdit {{ background: {colors.panel}; border: 1px solid {colors.control};
        border-radius: {t.RADIUS}px; padding: {t.SPACE_XS}px {t.SPACE_S - 2}px;
        selection-background-color: {colors.accent}; selection-color: {colors.on_accent}; }}
    QLineEdit:focus, QPlainTextEdit:focus {{ border-color: {colors.accent}; }}
    QLineEdit:read-only {{ background: transparent; border-color: transparent; }}
    QCheckBox::indicator, QRadioButton::indicator {{ width: 14px; height: 14px;
        border: 1px solid {colors.control}; background: {colors.panel}; }}
    QCheckBox::indicator {{ border-radius: 3px; }}
    QRadioButton::indicator {{ border-radius: 8px; }}
    QCheckBox::indicator:checked {{ background: {colors.accent}; border-color: {colors.accent};
        image: url("{_tick(colors)}"); }}
    QCheckBox::indicator:checked:disabled {{ background: {colors.line}; border-color: {colors.line}; }}
    QRadioButton::indicator:checked {{ width: 6px; height: 6px; border: 5px solid {colors.accent};
        background: {colors.on_accent}; }}
    QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ border-color: {colors.accent}; }}
    QCheckBox:focus, QRadioButton:focus {{ color: {colors.accent}; }}
    QProgressBar {{ background: {colors.line}; border: none; border-radius: 2px;
        max-height: {t.SPACE_XS}px; min-height: {t.SPACE_XS}px; }}
    QProgressBar::chunk {{ background: {colors.accent}; border-radius: 2px; }}
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {colors.line}; }}
    QSlider::sub-page:horizontal {{ border-radius: 2px; background: {colors.accent}; }}
    QSlider::handle:horizontal {{ width: 12px; height: 12px; margin: -4px 0; border-radius: 6px;
        background: {colors.text}; }}
    QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{
        background: {colors.accent}; }}
    QSlider::handle:horizontal:disabled, QSlider::sub-page:horizontal:disabled {{
        background: {colors.line}; }}
    QScrollBar {{ background: transparent; border: none; }}
    QScrollBar:vertical {{ width: 10px; }}
    QScrollBar:horizontal {{ height: 10px; }}
    QScrollBar::handle {{ background: {colors.control}; border-radius: 3px; margin: 2px; }}
    QScrollBar::handle:vertical {{ min-height: 28px; }}
    QScrollBar::handle:horizontal {{ min-width: 28px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QToolTip {{ background: {colors.raised}; color: {colors.text};
        border: 1px solid {colors.control}; padding: {t.SPACE_XS}px; }}
    QListView {{ border: none; outline: none; }}
    QTreeView {{ border: 1px solid {colors.line}; border-radius: {t.RADIUS}px; outline: none; }}
    QTreeView::item {{ padding: {t.SPACE_XS}px {t.SPACE_S}px; }}
    QTreeView::indicator:unchecked {{
        border: 1px solid {colors.muted}; border-radius: 3px; width: 11px; height: 11px;
    }}
    QTreeView::item:selected {{ background: {colors.accent}; color: {colors.on_accent}; }}
    QHeaderView::section {{ background: {colors.window}; color: {colors.muted}; border: none;
        border-bottom: 1px solid {colors.line}; padding: {t.SPACE_XS}px {t.SPACE_S}px; }}
    QTableView QHeaderView::section {{ padding-left: 3px; }}
    QFrame[kind="separator"] {{ background: {colors.line}; border: none; max-height: 1px; }}
    QLabel[kind="title"] {{ font-size: {t.TEXT_TITLE}px; }}
    QLabel[kind="small"] {{ font-size: {t.TEXT_SMALL}px; color: {colors.muted}; }}
    QLabel[kind="muted"] {{ color: {colors.muted}; }}
    QLabel[kind="danger"] {{ color: {colors.danger}; }}
    QLabel[kind="warning"] {{ color: {colors.warning}; }}
    QLabel[kind="good"] {{ color: {colors.good}; }}
    """


def _tick(colors: ColorTokens) -> str:
    """Return the file of the tick that is seen on the accent."""
    is_light = tokens.luminance(colors.on_accent) > 0.5
    return resource_path(f"icons/tick-on-{'dark' if is_light else 'light'}.png").as_posix()


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


def sized(font: QFont, pixels: int, *, bold: bool = False) -> QFont:
    """Return a font in another size of the tokens."""
    other = QFont(font)
    other.setPixelSize(pixels)
    if bold:
        other.setWeight(QFont.Weight.DemiBold)
    return other


class Theme(QObject):
    """Dresses the application and follows the system while the user has no preference.

    The system's color scheme is only read: setting it does nothing on some platforms.

    Signals:
        changed: The new :class:`ColorTokens`.
    """

    changed = Signal(object)

    def __init__(self, application: QApplication, choice: ThemeChoice = "system") -> None:
        super().__init__(application)
        self._application = application
        self._choice: ThemeChoice = choice
        self._shown: ColorTokens | None = None
        application.setStyle(QStyleFactory.create("Fusion"))
        application.setFont(sized(application.font(), tokens.TEXT_BODY))
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_changed)
        self._dress()

    @property
    def choice(self) -> ThemeChoice:
        """What the user asked for."""
        return self._choice

    @property
    def colors(self) -> ColorTokens:
        """The tokens in use."""
        if self._choice == "system":
            scheme = QGuiApplication.styleHints().colorScheme()
            return LIGHT if scheme == Qt.ColorScheme.Light else DARK
        return DARK if self._choice == "dark" else LIGHT

    def choose(self, choice: ThemeChoice) -> None:
        """Show another theme, at once."""
        self._choice = choice
        self._dress()

    @Slot()
    def _on_system_changed(self) -> None:
        self._dress()

    def _dress(self) -> None:
        colors = self.colors
        if colors is self._shown:
            return
        self._shown = colors
        self._application.setPalette(palette_of(colors))
        self._application.setStyleSheet(style_rules(colors))
        self.changed.emit(colors)
