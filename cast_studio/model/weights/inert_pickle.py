"""A reader of pickles that has no way to call anything.

A pickle is a small program: it names functions and has them called. This reader steps through that
program and knows what the few functions *mean* that weights are written with; a name that is not in the
caller's list ends the reading. Tensors stay descriptions (:class:`StoredTensor`), so that their sizes
can be checked against the file before memory is given to anything.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping, MutableSequence
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

from cast_studio.model.weights.stored_tensors import (
    STORAGE_DTYPES,
    Storage,
    StoredTensor,
    as_integer,
)
from cast_studio.said import say

LARGEST_PICKLE = 32 * 2**20
"""Bytes; a pickle of weights names tensors, a few hundred bytes each."""
MOST_OPERATIONS = 2_000_000

Builder: TypeAlias = Callable[..., object]
"""What stands for a function of the list: takes the recorded arguments, returns data."""


class ForeignCodeError(ValueError):
    """A pickle asks for something that is not on the list.

    Attributes:
        name: What it asks for, such as ``os.system``.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"it asks for “{name}”, which no weights need")
        self.name = name


@dataclass(frozen=True, slots=True)
class Name:
    """A function or class that a pickle names; it is never looked up."""

    text: str


@dataclass(slots=True)
class Inert:
    """An object of a class on the list, of which only name and state are kept."""

    kind: str
    state: object = None


class InertReader:
    """Reads one pickle to data.

    Args:
        builders: By full name, what stands for each function that may be named.
        is_object: Whether a class of this full name may be made an :class:`Inert` of.

    Attributes:
        storages: What the pickles so far said to keep numbers in, by key.
        tensors: What they said to be tensors.
        protocols: The forms of pickle that they said to be in.
    """

    def __init__(
        self, builders: Mapping[str, Builder], *, is_object: Callable[[str], bool]
    ) -> None:
        self._builders = builders
        self._is_object = is_object
        self._stack: list[object] = []
        self._marks: list[int] = []
        self._memo: dict[int, object] = {}
        self.storages: dict[str, Storage] = {}
        self.tensors: list[StoredTensor] = []
        self.protocols: set[object] = set()

    def read(self, file: BinaryIO) -> object:
        """Read the pickle that starts where ``file`` stands; afterward the file stands behind it.

        Raises:
            ForeignCodeError: It asks for something that is not on the list.
            ValueError: It is damaged, impossibly large or in an unknown form.
        """
        self._stack, self._marks, self._memo = [], [], {}
        bounded = _BoundedFile(file, LARGEST_PICKLE)
        try:
            steps = pickletools.genops(bounded)  # type: ignore[arg-type]  # it only reads
            for count, (operation, argument, _) in enumerate(steps):
                if count > MOST_OPERATIONS:
                    raise ValueError("it takes impossibly many steps to read")
                if operation.name == "STOP":
                    break
                self._step(operation.name, argument)
            (result,) = self._stack
        except (IndexError, KeyError, TypeError, OverflowError) as error:
            raise ValueError("its directory of tensors is damaged") from error
        return result

    def _step(self, operation: str, argument: object) -> None:
        """Do what one operation means."""
        if operation in _VALUES:
            self._stack.append(argument)
        elif operation in _CONSTANTS:
            self._stack.append(_CONSTANTS[operation]())
        elif operation in _SMALL_TUPLES:
            self._push_tuple(_SMALL_TUPLES[operation])
        elif operation in ("PUT", "BINPUT", "LONG_BINPUT"):
            self._memo[as_integer(argument)] = self._stack[-1]
        elif operation in ("GET", "BINGET", "LONG_BINGET"):
            self._stack.append(self._memo[as_integer(argument)])
        elif operation == "PROTO":
            self.protocols.add(argument)
        elif operation != "FRAME":
            step = _STEPS.get(operation)
            if step is None:
                raise ForeignCodeError(say("the pickle operation {operation}", operation=operation))
            step(self, argument)

    def _push_tuple(self, count: int) -> None:
        items = tuple(self._stack[-count:])
        if len(items) < count:
            raise ValueError("its directory of tensors is damaged")
        self._stack[-count:] = [items]

    def _mark(self, _: object) -> None:
        self._marks.append(len(self._stack))

    def _pop_marked(self) -> list[object]:
        start = self._marks.pop()
        items = self._stack[start:]
        del self._stack[start:]
        return items

    def _tuple(self, _: object) -> None:
        self._stack.append(tuple(self._pop_marked()))

    def _list(self, _: object) -> None:
        self._stack.append(self._pop_marked())

    def _dict(self, _: object) -> None:
        items = self._pop_marked()
        self._stack.append({})
        self._fill(items)

    def _set_items(self, _: object) -> None:
        self._fill(self._pop_marked())

    def _set_item(self, _: object) -> None:
        items = self._stack[-2:]
        del self._stack[-2:]
        self._fill(items)

    def _fill(self, items: list[object]) -> None:
        target = self._stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise ValueError("its directory of tensors is damaged")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, str | int | float | bytes | None):
                raise ValueError("its directory of tensors has impossible keys")
            target[key] = value

    def _appends(self, _: object) -> None:
        items = self._pop_marked()
        self._extend(items)

    def _append(self, _: object) -> None:
        self._extend([self._stack.pop()])

    def _extend(self, items: list[object]) -> None:
        target = self._stack[-1]
        if not isinstance(target, MutableSequence):
            raise ValueError("its directory of tensors is damaged")
        target.extend(items)

    def _memoize(self, _: object) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _pop(self, _: object) -> None:
        self._stack.pop()

    def _global(self, argument: object) -> None:
        module, _, name = str(argument).partition(" ")
        self._name(f"{module}.{name}")

    def _inst(self, argument: object) -> None:
        raise ForeignCodeError(str(argument).replace(" ", ".", 1))

    def _stack_global(self, _: object) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._name(f"{module}.{name}")

    def _name(self, name: str) -> None:
        listed = name in self._builders or name in STORAGE_DTYPES or self._is_object(name)
        if not listed:
            raise ForeignCodeError(name)
        self._stack.append(Name(name))

    def _reduce(self, _: object) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        if not isinstance(function, Name) or not isinstance(arguments, tuple):
            raise ForeignCodeError(say("a call of something that has no name"))
        builder = self._builders.get(function.text)
        if builder is None and not self._is_object(function.text):
            raise ForeignCodeError(say("a call of {function}", function=function.text))
        result = Inert(function.text) if builder is None else builder(*arguments)
        if isinstance(result, StoredTensor):
            self.tensors.append(result)
        self._stack.append(result)

    def _new_object(self, _: object) -> None:
        self._stack.pop()
        kind = self._stack.pop()
        if not isinstance(kind, Name) or not self._is_object(kind.text):
            raise ForeignCodeError(kind.text if isinstance(kind, Name) else say("an unnamed class"))
        self._stack.append(Inert(kind.text))

    def _build(self, _: object) -> None:
        state = self._stack.pop()
        target = self._stack[-1]
        if isinstance(target, Inert):
            target.state = state
        elif not isinstance(target, dict):  # an OrderedDict's attributes are of no use
            raise ForeignCodeError(say("the state of something that is no object"))

    def _storage(self, _: object) -> None:
        """``("storage", kind, key, device, count[, view])``: the device it was on is of no interest."""
        found = self._stack.pop()
        if not isinstance(found, tuple) or len(found) not in (5, 6) or found[0] != "storage":
            raise ValueError("its directory of tensors is damaged")
        _, kind, key, _, numel, *view = found
        if view not in ([], [None]):
            raise ValueError("it was written by a version of torch that is too old")
        if not isinstance(kind, Name) or kind.text not in STORAGE_DTYPES:
            raise ForeignCodeError(
                kind.text if isinstance(kind, Name) else say("an unnamed storage")
            )
        if not isinstance(key, str) or not isinstance(numel, int) or numel < 0:
            raise ValueError("its directory of tensors is damaged")
        storage = Storage(key, STORAGE_DTYPES[kind.text], numel)
        if self.storages.setdefault(key, storage) != storage:
            raise ValueError("it gives the same numbers two sizes")
        self._stack.append(storage)


_NUMBERS = ("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT")
_BYTES = ("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8")
_TEXTS = ("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8")
_VALUES = frozenset((*_NUMBERS, *_BYTES, *_TEXTS))
_CONSTANTS: Mapping[str, Callable[[], object]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": list,  # never looked into, so that its members need not be hashed
}
_SMALL_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_STEPS: Mapping[str, Callable[[InertReader, object], None]] = {
    "MARK": InertReader._mark,
    "TUPLE": InertReader._tuple,
    "LIST": InertReader._list,
    "DICT": InertReader._dict,
    "SETITEM": InertReader._set_item,
    "SETITEMS": InertReader._set_items,
    "APPEND": InertReader._append,
    "APPENDS": InertReader._appends,
    "ADDITEMS": InertReader._appends,
    "POP": InertReader._pop,
    "GLOBAL": InertReader._global,
    "STACK_GLOBAL": InertReader._stack_global,
    "INST": InertReader._inst,
    "MEMOIZE": InertReader._memoize,
    "REDUCE": InertReader._reduce,
    "NEWOBJ": InertReader._new_object,
    "BUILD": InertReader._build,
    "BINPERSID": InertReader._storage,
}


class _BoundedFile:
    """A file of which only so much is read, whatever the lengths in it say."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file = file
        self._left = limit

    def read(self, count: int) -> bytes:
        if count < 0 or count > self._left:
            raise ValueError("its directory of tensors is impossibly large")
        data = self._file.read(count)
        self._left -= len(data)
        return data

    def readline(self) -> bytes:
        data = self._file.readline(self._left + 1)
        if len(data) > self._left:
            raise ValueError("its directory of tensors is impossibly large")
        self._left -= len(data)
        return data
