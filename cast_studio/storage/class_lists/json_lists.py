"""Lists of classes as JSON: plain lists, mappings, schemas of this program, and BORIS projects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from cast_studio.core.class_list import ListedClass, ListedHead
from cast_studio.storage.class_lists.listing import each_once, listed

_ETHOGRAM = "behaviors_conf"
_NAMES = ("name", "label", "code", "class", "key")


def read_json(text: str) -> tuple[ListedHead, ...]:
    """Read JSON.

    Understood are a list of names; a list of objects with a ``name``; a mapping from names to
    numbers, as label maps are, or from numbers to names; ``{"heads": [...]}`` as this program writes
    it, whether alone or inside a project; and a BORIS project with its ``behaviors_conf``.

    Raises:
        ValueError: It is none of these.
    """
    values: object = json.loads(text)
    if isinstance(values, Mapping):
        if isinstance(values.get(_ETHOGRAM), Mapping):
            return (ListedHead("", _ethogram(values[_ETHOGRAM])),)
        schema = values.get("schema")
        heads = schema.get("heads") if isinstance(schema, Mapping) else values.get("heads")
        if isinstance(heads, list):
            return tuple(_head(head) for head in heads)
        for name in ("classes", "labels", "names"):
            if isinstance(values.get(name), list | Mapping):
                return (ListedHead("", _classes(values[name])),)
    return (ListedHead("", _classes(values)),)


def _head(values: object) -> ListedHead:
    if not isinstance(values, Mapping):
        raise ValueError("one of its heads is no JSON object")
    return ListedHead(_text(values, "name"), _classes(values.get("classes")))


def _classes(values: object) -> tuple[ListedClass, ...]:
    if isinstance(values, list):
        return each_once(_class(value) for value in values)
    if isinstance(values, Mapping):
        pairs = list(values.items())
        if all(isinstance(value, int) for _, value in pairs):
            return each_once(listed(str(name)) for name, _ in sorted(pairs, key=lambda p: p[1]))
        if all(isinstance(value, str) and str(key).isdecimal() for key, value in pairs):
            ordered = sorted(pairs, key=lambda pair: int(pair[0]))
            return each_once(listed(name) for _, name in ordered)
    raise ValueError("it is neither a list of names nor one of the known kinds of JSON")


def _class(value: object) -> ListedClass:
    if isinstance(value, str):
        return listed(value)
    if isinstance(value, Mapping):
        name = next((name for name in _NAMES if _text(value, name)), "")
        return listed(
            _text(value, name),
            shortcut=_text(value, "shortcut"),
            category=_text(value, "category"),
            description=_text(value, "description"),
            color=_text(value, "color"),
        )
    raise ValueError("one of its classes is neither text nor an object with a name")


def _ethogram(behaviors: Mapping[object, object]) -> tuple[ListedClass, ...]:
    """Read the behaviors of BORIS: ``code``, ``key``, ``description``, ``category``, ``color``."""

    def each() -> Iterator[ListedClass]:
        for found in behaviors.values():
            if not isinstance(found, Mapping):
                raise ValueError("one of its behaviors is no JSON object")
            yield listed(
                _text(found, "code"),
                shortcut=_text(found, "key"),
                category=_text(found, "category"),
                description=_text(found, "description"),
                color=_text(found, "color"),
            )

    return each_once(each())


def _text(values: Mapping[object, object], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""
