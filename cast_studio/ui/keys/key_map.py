"""Which keys each command has: a preset, and what the user changed of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from cast_studio.ui.commands import COMMANDS, Do
from cast_studio.ui.keys.key_names import canonical
from cast_studio.ui.keys.presets import Preset, preset_named

MOST_KEYS: Final = 2
"""How many keys a command has at most."""

_DEFAULTS: Final[Mapping[Do, tuple[str, ...]]] = {
    command.do: tuple(canonical(key) for key in command.keys) for command in COMMANDS
}
_NAMES: Final[Mapping[str, Do]] = {do.name: do for do in Do}


@dataclass(frozen=True, slots=True)
class Taken:
    """A key that one command lost to another.

    Attributes:
        key: Which.
        do: Who had it.
    """

    key: str
    do: Do


@dataclass(frozen=True)
class KeyMap:
    """The keys of all commands; no key belongs to two.

    Attributes:
        preset_name: What it starts from.
        changes: Command name to its keys where they differ from the preset. Names of commands that
            this version does not know are kept.
    """

    preset_name: str = "editor"
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def preset(self) -> Preset:
        """What it starts from."""
        return preset_named(self.preset_name)

    def keys(self, do: Do) -> tuple[str, ...]:
        """Return the keys of a command, the one to show first."""
        return self._keys[do]

    def command_of(self, key: str) -> Do | None:
        """Return the command that a key belongs to, or None."""
        return self._owners.get(canonical(key))

    def is_changed(self, do: Do) -> bool:
        """Return whether a command has other keys than in the preset."""
        return do.name in self.changes

    def assign(self, do: Do, keys: Iterable[str]) -> tuple[KeyMap, tuple[Taken, ...]]:
        """Give a command other keys, and take them from whoever has them.

        Args:
            do: Which command.
            keys: At most ``MOST_KEYS``; empty ones are left out.

        Returns:
            The new map, and what others lost.
        """
        wanted = _cleaned(keys)
        taken = tuple(
            Taken(key, owner)
            for key in wanted
            if (owner := self.command_of(key)) is not None and owner is not do
        )
        changed = self._with(do, wanted)
        for lost in taken:
            left = tuple(key for key in changed.keys(lost.do) if key != lost.key)
            changed = changed._with(lost.do, left)
        return changed, taken

    def reset(self, do: Do) -> tuple[KeyMap, tuple[Taken, ...]]:
        """Give a command the preset's keys back, and take them from whoever has them."""
        return self.assign(do, _of_preset(self.preset)[do])

    def with_preset(self, name: str) -> KeyMap:
        """Return the keys of a preset; what the user changed is given up."""
        kept = {name: keys for name, keys in self.changes.items() if name not in _NAMES}
        return KeyMap(preset_named(name).name, kept)

    def _with(self, do: Do, keys: tuple[str, ...]) -> KeyMap:
        changes = {name: found for name, found in self.changes.items() if name != do.name}
        if keys != _of_preset(self.preset)[do]:
            changes[do.name] = keys
        return replace(self, changes=changes)

    @cached_property
    def _keys(self) -> Mapping[Do, tuple[str, ...]]:
        own = {
            _NAMES[name]: _cleaned(keys) for name, keys in self.changes.items() if name in _NAMES
        }
        return _resolved(own, _of_preset(self.preset))

    @cached_property
    def _owners(self) -> Mapping[str, Do]:
        return {key: do for do, keys in self._keys.items() for key in keys}


def _cleaned(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for key in map(canonical, keys) if key))[:MOST_KEYS]


def _of_preset(preset: Preset) -> Mapping[Do, tuple[str, ...]]:
    own = {do: tuple(canonical(key) for key in keys) for do, keys in preset.keys.items()}
    return _resolved(own, _DEFAULTS)


def _resolved(
    first: Mapping[Do, tuple[str, ...]], rest: Mapping[Do, tuple[str, ...]]
) -> Mapping[Do, tuple[str, ...]]:
    """Return all keys where those of ``first`` come before the others, and each is given once."""
    taken: set[str] = set()
    found: dict[Do, tuple[str, ...]] = {}
    ordered = [*first, *(do for do in rest if do not in first)]
    for do in ordered:
        keys = first.get(do, rest.get(do, ()))
        found[do] = tuple(key for key in keys if key not in taken)
        taken.update(keys)
    return {do: found.get(do, ()) for do in rest}
