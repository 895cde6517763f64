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

import torch

LARGEST_PICKLE = 32 * 2**20
"""Bytes; a pickle of weights names tensors, a few hundred bytes each."""
MOST_OPERATIONS = 2_000_000
MOST_DIMENSIONS = 16

Builder: TypeAlias = Callable[..., object]
"""What stands for a function of the list: takes the recorded arguments, returns data."""

STORAGE_DTYPES: Mapping[str, torch.dtype] = {
    "torch.DoubleStorage": torch.float64,
    "torch.FloatStorage": torch.float32,
    "torch.HalfStorage": torch.float16,
    "torch.BFloat16Storage": torch.bfloat16,
    "torch.LongStorage": torch.int64,
    "torch.IntStorage": torch.int32,
    "torch.ShortStorage": torch.int16,
    "torch.CharStorage": torch.int8,
    "torch.ByteStorage": torch.uint8,
    "torch.BoolStorage": torch.bool,
}
"""The kinds of memory that a tensor may lie in, by the names that files give them."""


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


@dataclass(frozen=True, slots=True)
class Storage:
    """A run of numbers in the file.

    Attributes:
        key: Under which the file keeps it.
        dtype: Of its numbers.
        numel: How many there are said to be.
    """

    key: str
    dtype: torch.dtype
    numel: int

    @property
    def nbytes(self) -> int:
        """Bytes that it is said to take."""
        return self.numel * self.dtype.itemsize


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """Where a tensor lies, in elements.

    Raises:
        ValueError: It reaches beyond its storage, or is larger than that.
    """

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def __post_init__(self) -> None:
        numbers = (self.offset, *self.shape, *self.stride)
        if len(self.shape) > MOST_DIMENSIONS or len(self.shape) != len(self.stride):
            raise ValueError("a tensor in it has an impossible shape")
        if any(not 0 <= number < 2**63 for number in numbers):
            raise ValueError("a tensor in it has an impossible shape")
        last = self.offset - 1
        if self.numel:
            steps = zip(self.shape, self.stride, strict=True)
            last = self.offset + sum((size - 1) * stride for size, stride in steps)
        if last >= self.storage.numel or self.numel > self.storage.numel:
            raise ValueError("a tensor in it is larger than the numbers that the file holds for it")

    @property
    def numel(self) -> int:
        """Elements of the tensor."""
        count = 1
        for size in self.shape:
            count *= size
        return count


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
            self._memo[_number(argument)] = self._stack[-1]
        elif operation in ("GET", "BINGET", "LONG_BINGET"):
            self._stack.append(self._memo[_number(argument)])
        elif operation == "PROTO":
            self.protocols.add(argument)
        elif operation != "FRAME":
            step = _STEPS.get(operation)
            if step is None:
                raise ForeignCodeError(f"the pickle operation {operation}")
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
            raise ForeignCodeError("a call of something that has no name")
        builder = self._builders.get(function.text)
        if builder is None and not self._is_object(function.text):
            raise ForeignCodeError(f"a call of {function.text}")
        result = Inert(function.text) if builder is None else builder(*arguments)
        if isinstance(result, StoredTensor):
            self.tensors.append(result)
        self._stack.append(result)

    def _new_object(self, _: object) -> None:
        self._stack.pop()
        kind = self._stack.pop()
        if not isinstance(kind, Name) or not self._is_object(kind.text):
            raise ForeignCodeError(kind.text if isinstance(kind, Name) else "an unnamed class")
        self._stack.append(Inert(kind.text))

    def _build(self, _: object) -> None:
        state = self._stack.pop()
        target = self._stack[-1]
        if isinstance(target, Inert):
            target.state = state
        elif not isinstance(target, dict):  # an OrderedDict's attributes are of no use
            raise ForeignCodeError("the state of something that is no object")

    def _storage(self, _: object) -> None:
        """``("storage", kind, key, device, count[, view])``: the device it was on is of no interest."""
        found = self._stack.pop()
        if not isinstance(found, tuple) or len(found) not in (5, 6) or found[0] != "storage":
            raise ValueError("its directory of tensors is damaged")
        _, kind, key, _, numel, *view = found
        if view not in ([], [None]):
            raise ValueError("it was written by a version of torch that is too old")
        if not isinstance(kind, Name) or kind.text not in STORAGE_DTYPES:
            raise ForeignCodeError(kind.text if isinstance(kind, Name) else "an unnamed storage")
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


def rebuilt_tensor(
    storage: object, offset: object, shape: object, stride: object, *_: object
) -> StoredTensor:
    """What ``torch._utils._rebuild_tensor_v2`` means.

    Raises:
        ValueError: The arguments are not those of a tensor.
    """
    if not isinstance(storage, Storage):
        raise ValueError("a tensor in it has no numbers")
    return StoredTensor(storage, _number(offset), _numbers(shape), _numbers(stride))


def rebuilt_parameter(tensor: object, *_: object) -> object:
    """What ``torch._utils._rebuild_parameter`` means."""
    return tensor


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError("its directory of tensors is damaged")
    return value


def _numbers(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple | list):
        raise ValueError("its directory of tensors is damaged")
    return tuple(_number(value) for value in values)
