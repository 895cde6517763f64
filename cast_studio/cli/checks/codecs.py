"""Which videos can be decoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cast_studio.cli.checks import Finding, Section
from cast_studio.cli.checks.versions import import_advice

# FFmpeg's own decoder of AV1 needs graphics hardware, so it does not count.
_DECODERS: Final[Mapping[str, tuple[str, ...]]] = {
    "h264": ("h264",),
    "hevc": ("hevc",),
    "av1": ("libdav1d", "libaom-av1", "libgav1"),
    "vp9": ("vp9", "libvpx-vp9"),
    "mpeg4": ("mpeg4",),
}


def check_codecs() -> Section:
    """Report FFmpeg's libraries and the decoders that they have."""
    try:
        import av
        from av.codec.codec import Codec, UnknownCodecError
    except Exception as error:  # noqa: BLE001 - a broken library may raise anything
        return Section("Codecs", (Finding("FFmpeg", "none", import_advice(error, "av")),))

    def first_of(names: tuple[str, ...]) -> str:
        for name in names:
            try:
                return str(Codec(name, "r").name)
            except UnknownCodecError:
                continue
        return ""

    versions = ", ".join(
        f"{name} {'.'.join(map(str, version))}" for name, version in av.library_versions.items()
    )
    findings = [Finding("FFmpeg", versions)]
    for codec, names in _DECODERS.items():
        found = first_of(names)
        advice = "" if found else f"videos in {codec} cannot be opened: install PyAV from PyPI"
        findings.append(Finding(codec, found or "no decoder", advice))
    findings.append(Finding("Hardware", _hardware()))
    return Section("Codecs", tuple(findings))


def _hardware() -> str:
    """Return which hardware decoders answer; none is no fault, the processor decodes all videos."""
    try:
        from av.codec import Codec

        from cast_studio.media.hardware import NAMES, known_devices, usable_devices

        usable = [NAMES[device.kind] for device in usable_devices()]
        known = [NAMES[device.kind] for device in known_devices(Codec("h264", "r"))]
    except Exception as error:  # noqa: BLE001 - a broken driver may raise anything
        return f"cannot be asked: {error}"
    if usable:
        return f"{', '.join(usable)}, used where it gives the same frames as the processor"
    tried = f" ({', '.join(known)}: no device)" if known else ""
    return f"none{tried}; the processor decodes"
