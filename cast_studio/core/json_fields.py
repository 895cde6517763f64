"""Typed reading of decoded JSON, with a sentence for what does not fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NoReturn


class Fields:
    """The fields of one JSON object. Every reader raises ``ValueError`` with a sentence.

    Args:
        values: What ``json.loads`` gave.
        where: What the object is, for the sentence: "the label class".
    """

    def __init__(self, values: object, *, where: str) -> None:
        if not isinstance(values, Mapping):
            raise ValueError(f"{where} is not a JSON object but {_kind(values)}")
        self._values: Mapping[object, object] = values
        self.where = where

    def has(self, name: str) -> bool:
        """Whether there is such a field, be it null."""
        return name in self._values

    def value(self, name: str) -> object:
        """Return a field as it is."""
        if name not in self._values:
            raise ValueError(f'{self.where} lacks the field "{name}"')
        return self._values[name]

    def text(self, name: str) -> str:
        """Return a field that is text."""
        value = self.value(name)
        return value if isinstance(value, str) else self._refuse(name, "text", value)

    def optional_text(self, name: str) -> str | None:
        """Return a field that is text, null or absent."""
        return None if self._values.get(name) is None else self.text(name)

    def integer(self, name: str) -> int:
        """Return a field that is a whole number."""
        value = self.value(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return self._refuse(name, "a whole number", value)

    def optional_integer(self, name: str) -> int | None:
        """Return a field that is a whole number, null or absent."""
        return None if self._values.get(name) is None else self.integer(name)

    def number(self, name: str) -> float:
        """Return a field that is a finite number."""
        return self._finite(name, self.value(name))

    def optional_number(self, name: str) -> float | None:
        """Return a field that is a finite number, null or absent."""
        return None if self._values.get(name) is None else self.number(name)

    def flag(self, name: str) -> bool:
        """Return a field that is true or false."""
        value = self.value(name)
        return value if isinstance(value, bool) else self._refuse(name, "true or false", value)

    def items(self, name: str) -> list[object]:
        """Return a field that is a list."""
        value = self.value(name)
        return value if isinstance(value, list) else self._refuse(name, "a list", value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a field that is a list of texts."""
        found = self.items(name)
        for text in found:
            if not isinstance(text, str):
                return self._refuse(name, "a list of texts", text)
        return tuple(str(text) for text in found)

    def numbers(self, name: str) -> dict[str, float]:
        """Return a field that is an object of finite numbers."""
        return {key: self._finite(name, value) for key, value in self._mapping(name).items()}

    def integers(self, name: str) -> dict[str, int]:
        """Return a field that is an object of whole numbers."""
        found = Fields(self._mapping(name), where=f'"{name}" of {self.where}')
        return {key: found.integer(key) for key in self._mapping(name)}

    def _mapping(self, name: str) -> dict[str, object]:
        value = self.value(name)
        if not isinstance(value, Mapping):
            return self._refuse(name, "an object", value)
        return {str(key): item for key, item in value.items()}

    def _finite(self, name: str, value: object) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        return self._refuse(name, "a finite number", value)

    def _refuse(self, name: str, expected: str, value: object) -> NoReturn:
        raise ValueError(
            f'the field "{name}" of {self.where} must be {expected}, found {_kind(value)}'
        )


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"
