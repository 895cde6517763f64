"""The nouns and verbs of the rendered scenes, and which of them the bundled model has never seen."""

from __future__ import annotations

from dataclasses import dataclass

SHAPES = ("disc", "triangle", "cross", "ring", "bar")
TEXTURES = ("striped", "checked", "halved")


@dataclass(frozen=True, slots=True)
class Noun:
    """A thing on the table: a shape with a texture."""

    shape: str
    texture: str

    @property
    def name(self) -> str:
        """The class name, for example ``"striped disc"``."""
        return f"{self.texture} {self.shape}"


NOUNS = tuple(Noun(shape, texture) for shape in SHAPES for texture in TEXTURES)
NEW_NOUNS = (Noun("disc", "halved"), Noun("bar", "checked"))
KNOWN_NOUNS = tuple(noun for noun in NOUNS if noun not in NEW_NOUNS)

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
