"""The nouns and verbs of the rendered scenes, and which of them the bundled model has never seen."""

from __future__ import annotations

from dataclasses import dataclass

SHAPES = ("disc", "square", "triangle", "cross", "ring", "drop", "star", "crescent")
TEXTURES = ("striped", "checked")


@dataclass(frozen=True, slots=True)
class Noun:
    """A thing on the table: a shape with a texture."""

    shape: str
    texture: str

    @property
    def name(self) -> str:
        """The class name, for example ``"striped disc"``."""
        return f"{self.texture} {self.shape}"


KNOWN_NOUNS = tuple(
    Noun(shape, texture)
    for shape in ("disc", "square", "triangle", "cross", "ring", "drop")
    for texture in TEXTURES
)
NEW_NOUNS = (Noun("star", "striped"), Noun("crescent", "checked"))
NOUNS = KNOWN_NOUNS + NEW_NOUNS

KNOWN_VERBS = (
    "move-left",
    "move-right",
    "rise",
    "fall",
    "rotate-left",
    "rotate-right",
    "grow",
    "shrink",
    "appear",
    "vanish",
    "shake",
    "hop",
)
NEW_VERBS = ("circle",)
VERBS = KNOWN_VERBS + NEW_VERBS
