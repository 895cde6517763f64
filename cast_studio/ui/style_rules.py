"""The few style rules for what Fusion and a palette cannot say."""

from __future__ import annotations

from collections.abc import Callable

from cast_studio.resource_files import resource_path
from cast_studio.ui import tokens
from cast_studio.ui.tokens import ColorTokens


def style_rules(colors: ColorTokens, scale: float = 1.0) -> str:
    """Return the rules for what Fusion and a palette cannot say.

    Args:
        colors: Of the theme.
        scale: How much larger than usual text is.
    """
    t = tokens

    def px(pixels: int) -> str:
        return f"{round(pixels * scale)}px"

    notices = "".join(
        f'QFrame[notice="{level}"] {{ background: {t.blend(tint, colors.window, 0.14)};'
        f" border-bottom: 1px solid {t.blend(tint, colors.window, 0.5)}; }}\n"
        for level, tint in {
            "info": colors.accent,
            "warning": colors.warning,
            "error": colors.danger,
        }.items()
    )
    pressed = colors.hover if colors.is_high_contrast else colors.line
    rules = f"""{notices}
    QToolBar {{ border: none; border-bottom: 1px solid {colors.line};
        padding: {t.SPACE_XS}px {t.SPACE_S}px; spacing: {t.SPACE_XS}px; }}
    QToolBar::separator {{ background: {colors.line}; width: 1px; margin: 5px {t.SPACE_S}px; }}
    QToolButton {{ border: 1px solid transparent; border-radius: {t.RADIUS}px;
        padding: {t.SPACE_XS}px {t.SPACE_S - 2}px; }}
    QToolButton, QToolBar {{ icon-size: {px(t.ICON_SIZE)}; }}
    QPushButton {{ icon-size: {px(t.ICON_SIZE - 2)}; }}
    QToolButton[kind="small"] {{ icon-size: {px(14)}; padding: 2px; }}
    QToolButton:hover {{ background: {colors.hover}; }}
    QToolButton:checked {{ background: {t.blend(colors.accent, colors.window, 0.3)}; }}
    QToolButton:pressed {{ background: {pressed}; }}
    QToolButton:focus, QPushButton:focus {{ border-color: {colors.accent}; }}
    QToolButton:disabled, QPushButton:disabled {{ background: transparent; }}
    QToolButton[popupMode="2"] {{ padding-right: {t.SPACE_L + 2}px; }}
    QToolButton::menu-indicator {{ subcontrol-position: right center; right: 5px; }}
    QPushButton {{ background: {colors.raised}; border: 1px solid {colors.control};
        border-radius: {t.RADIUS}px; padding: 5px {t.SPACE_M}px; outline: none; }}
    QPushButton:hover {{ background: {colors.hover}; }}
    QPushButton:pressed {{ background: {pressed}; }}
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
    QCheckBox::indicator, QRadioButton::indicator {{ width: {px(14)}; height: {px(14)};
        border: 1px solid {colors.control}; background: {colors.panel}; }}
    QCheckBox::indicator {{ border-radius: 3px; }}
    QRadioButton::indicator {{ border-radius: {(round(14 * scale) + 2) // 2}px; }}
    QCheckBox::indicator:checked {{ background: {colors.accent}; border-color: {colors.accent};
        image: url("{_tick(colors)}"); }}
    QCheckBox::indicator:checked:disabled {{ background: {colors.line}; border-color: {colors.line}; }}
    QRadioButton::indicator:checked {{ width: {px(6)}; height: {px(6)}; border: {px(5)} solid {colors.accent};
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
    QTreeView::indicator {{ width: {px(12)}; height: {px(12)}; border-radius: 3px;
        border: 1px solid {colors.muted}; }}
    QTreeView::indicator:checked {{ background: {colors.accent}; border-color: {colors.accent};
        image: url("{_tick(colors)}"); }}
    QTreeView::item:selected {{ background: {colors.accent}; color: {colors.on_accent}; }}
    QHeaderView::section {{ background: {colors.window}; color: {colors.muted}; border: none;
        border-bottom: 1px solid {colors.line}; padding: {t.SPACE_XS}px {t.SPACE_S}px; }}
    QTableView QHeaderView::section {{ padding-left: 3px; }}
    QFrame[kind="separator"] {{ background: {colors.line}; border: none; max-height: 1px; }}
    QLabel[kind="title"] {{ font-size: {px(t.TEXT_TITLE)}; }}
    QLabel[kind="heading"] {{ font-size: {px(t.TEXT_TITLE)}; font-weight: 600; }}
    QLabel[kind="strong"] {{ font-weight: 600; }}
    QLabel[kind="name"] {{ font-size: {px(t.TEXT_NAME)}; font-weight: 600; }}
    QLabel[kind="small"] {{ font-size: {px(t.TEXT_SMALL)}; color: {colors.muted}; }}
    QLabel[kind="muted"] {{ color: {colors.muted}; }}
    QLabel[kind="danger"] {{ color: {colors.danger}; }}
    QLabel[kind="warning"] {{ color: {colors.warning}; }}
    QLabel[kind="good"] {{ color: {colors.good}; }}
    """
    return rules + _focus_frames(colors, px) if colors.is_high_contrast else rules


def _focus_frames(colors: ColorTokens, px: Callable[[int], str]) -> str:
    """Return rules that give what has the focus a thick frame, where color alone tells too little."""
    t = tokens
    return f"""
    QPushButton[primary="true"]:enabled {{ background: {colors.window}; color: {colors.text};
        border-color: {colors.text}; font-weight: 600; }}
    QPushButton:focus, QPushButton[primary="true"]:focus, QPushButton[flat="true"]:focus {{
        border: 3px solid {colors.accent}; padding: 3px {t.SPACE_M - 2}px; }}
    QToolButton:focus {{ border: 3px solid {colors.accent}; padding: 2px {t.SPACE_S - 4}px; }}
    QToolButton:checked, QPushButton:checked {{ border-color: {colors.text}; }}
    QLineEdit:focus, QPlainTextEdit:focus {{ border: 3px solid {colors.accent};
        padding: 2px {t.SPACE_S - 4}px; }}
    QCheckBox, QRadioButton {{ border: 2px solid transparent; padding: 1px; }}
    QCheckBox:focus, QRadioButton:focus {{ color: {colors.text}; border-color: {colors.accent}; }}
    QTabBar::tab:focus {{ border: 2px solid {colors.accent}; }}
    QSpinBox, QComboBox {{ border: 1px solid {colors.control}; padding: 2px 4px; }}
    QSpinBox:focus, QComboBox:focus {{ border: 3px solid {colors.accent}; padding: 0 2px; }}
    QSpinBox::up-button, QSpinBox::down-button {{ subcontrol-origin: border; width: {px(16)};
        border: none; border-left: 1px solid {colors.control}; }}
    QSpinBox::up-button {{ subcontrol-position: top right; }}
    QSpinBox::down-button {{ subcontrol-position: bottom right; }}
    QSpinBox::up-arrow {{ image: url("{_step("up", colors)}"); width: {px(8)}; height: {px(5)}; }}
    QSpinBox::down-arrow {{ image: url("{_step("down", colors)}"); width: {px(8)}; height: {px(5)}; }}
    QSlider {{ border: 2px solid transparent; }}
    QSlider:focus {{ border-color: {colors.accent}; }}
    QListView, QTreeView, QTableView {{ border: 2px solid {colors.line}; }}
    QListView:focus, QTreeView:focus, QTableView:focus {{ border-color: {colors.accent}; }}
    QMenu {{ border: 2px solid {colors.text}; }}
    QMenu::item:selected {{ background: {colors.accent}; color: {colors.on_accent}; }}
    QToolTip {{ border: 2px solid {colors.text}; }}
    """


def _tick(colors: ColorTokens) -> str:
    """Return the file of the tick that is seen on the accent."""
    is_light = tokens.luminance(colors.on_accent) > 0.5
    return resource_path(f"icons/tick-on-{'dark' if is_light else 'light'}.png").as_posix()


def _step(way: str, colors: ColorTokens) -> str:
    """Return the file of an arrow, "up" or "down", that is seen on the window's ground."""
    is_light = tokens.luminance(colors.window) > 0.5
    return resource_path(f"icons/step-{way}-on-{'light' if is_light else 'dark'}.png").as_posix()
