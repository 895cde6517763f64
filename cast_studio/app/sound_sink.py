"""Where sound goes: the computer's output, if it has one and Qt can reach it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from cast_studio.media.sound_reader import CHANNELS, RATE

if TYPE_CHECKING:
    from PySide6.QtCore import QIODevice
    from PySide6.QtMultimedia import QAudioSink

log = logging.getLogger(__name__)


class SoundSink(Protocol):
    """Takes samples of 16 bit, :data:`CHANNELS` channels, :data:`RATE` a second. Used on one thread."""

    def start(self) -> None:
        """Begin with nothing to play."""

    def stop(self) -> None:
        """Be silent at once, whatever was written."""

    def room(self) -> int:
        """Return how many bytes can be written now."""

    def write(self, samples: bytes) -> None:
        """Play samples after those that were written before."""

    def heard_seconds(self) -> float:
        """Return how much was played since :meth:`start`."""

    def set_volume(self, volume: float) -> None:
        """Play louder or softer, 0 to 1."""


class QtSoundSink:
    """The system's default output. Made and used on one thread."""

    def __init__(self, sink: QAudioSink) -> None:
        self._sink = sink
        self._device: QIODevice | None = None

    def start(self) -> None:
        """See :class:`SoundSink`."""
        self._device = self._sink.start()

    def stop(self) -> None:
        """See :class:`SoundSink`."""
        self._device = None
        self._sink.reset()

    def room(self) -> int:
        """See :class:`SoundSink`."""
        return self._sink.bytesFree() if self._device is not None else 0

    def write(self, samples: bytes) -> None:
        """See :class:`SoundSink`."""
        if self._device is not None:
            self._device.write(samples)

    def heard_seconds(self) -> float:
        """See :class:`SoundSink`."""
        return self._sink.processedUSecs() / 1e6

    def set_volume(self, volume: float) -> None:
        """See :class:`SoundSink`."""
        self._sink.setVolume(volume)


def make_qt_sink() -> SoundSink | None:
    """Return the system's default output; None without one, or without the libraries that reach it."""
    try:
        from PySide6.QtMultimedia import QAudioFormat, QAudioSink, QMediaDevices
    except ImportError:
        log.info("no sound: Qt's multimedia libraries cannot be loaded", exc_info=True)
        return None
    device = QMediaDevices.defaultAudioOutput()
    wanted = QAudioFormat()
    wanted.setSampleRate(RATE)
    wanted.setChannelCount(CHANNELS)
    wanted.setSampleFormat(QAudioFormat.SampleFormat.Int16)
    if device.isNull() or not device.isFormatSupported(wanted):
        log.info("no sound: this computer has no output that takes it")
        return None
    return QtSoundSink(QAudioSink(device, wanted))
