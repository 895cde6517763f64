"""Downloading an expert from the hub where its library keeps it: resumable, and verified to the last byte.

The hub's own client does the talking, so its endpoint, proxies and repeated attempts are those that the
user has set up for it (``HF_ENDPOINT``, ``HF_HUB_OFFLINE``). Its ready-made ``hf_hub_download`` is not
used: it throws away an interrupted download, and compares only the size of what came over HTTP. Here the
part that is there is kept under the checksum that the hub states, and the whole is compared with that.
No torch here.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import cast_studio
from cast_studio.errors import ModelError
from cast_studio.model.weights.sources import ExpertSource, HubFile
from cast_studio.said import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import ReadableBuffer

log = logging.getLogger(__name__)

OnFetched: TypeAlias = Callable[[int, int], None]
"""Told the bytes that are there and those there will be, every ten million or so; what it raises ends the
download, and the part that is there is taken up by the next one."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_AS_IT_IS: Final = {"Accept-Encoding": "identity"}  # a compressed answer cannot be resumed
_CHUNK: Final = 2**22
_SPARE: Final = 2**24


@dataclass(frozen=True, slots=True)
class _RemoteFile:
    """What the hub says of a file.

    Attributes:
        name: Of the file.
        url: Where it is.
        sha256: Its checksum.
        bytes: Its size.
    """

    name: str
    url: str
    sha256: str
    bytes: int


def fetch(
    source: ExpertSource,
    folder: Path,
    *,
    on_progress: OnFetched | None = None,
    endpoint: str | None = None,
) -> Path:
    """Download the file of an expert, or what of it is not there yet.

    Args:
        source: Which one.
        folder: Where the file goes; made where it is missing. What is there under another checksum is
            of an earlier version and is removed.
        on_progress: Told how far it is.
        endpoint: The hub; None for the one that its client is set up for.

    Returns:
        The file, verified.

    Raises:
        ModelError: There is no network or no such file, what arrived is not what the hub says it is, the
            disk is full, or the publisher offers it to persons only.
    """
    if source.hub is None:
        raise ModelError(
            say(
                "“{source}” cannot be fetched, its publisher offers it to persons only; {by_hand}.",
                source=source.title,
                by_hand=source.by_hand(),
            )
        )
    tell = on_progress or _tell_nobody
    with _hub_errors_in_words(source):
        remote = _look_up(source, source.hub, endpoint)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _only_one_at_work(source, folder):
            return _bring(source, remote, folder, tell)
    except OSError as error:
        raise ModelError(
            say(
                "“{folder}” cannot be written ({reason}); make room on the disk or check the "
                "folder, then fetch again.",
                folder=folder,
                reason=error.strerror or error,
            )
        ) from error


def _bring(source: ExpertSource, remote: _RemoteFile, folder: Path, tell: OnFetched) -> Path:
    target = folder / remote.name
    partial = folder / f"{remote.name}.{remote.sha256[:16]}.partial"
    for old in folder.glob("*.partial"):
        if old != partial:
            old.unlink()
    if target.is_file() and _checksum(target) == remote.sha256:
        tell(remote.bytes, remote.bytes)
        return target
    there = partial.stat().st_size if partial.is_file() else 0
    if there > remote.bytes:
        partial.unlink()
        there = 0
    free = shutil.disk_usage(folder).free
    if free < remote.bytes - there + _SPARE:
        raise ModelError(
            say(
                "“{folder}” has {free:.1f} GB free and {bytes:.1f} GB are needed; make room on "
                "the disk, then fetch again.",
                folder=folder,
                free=free / 1000000000.0,
                bytes=(remote.bytes - there) / 1000000000.0,
            )
        )
    tell(there, remote.bytes)
    _download(source, remote, partial, tell)
    if _checksum(partial) != remote.sha256:
        partial.unlink()
        raise ModelError(
            say(
                "What arrived as “{remote}” is not what the hub says it is: its checksum is "
                "another one; it was thrown away, fetch it again.",
                remote=remote.name,
            )
        )
    partial.replace(target)
    return target


def _download(source: ExpertSource, remote: _RemoteFile, partial: Path, tell: OnFetched) -> None:
    from huggingface_hub.file_download import http_get

    _keep_client_off_the_terminal()
    with (
        _GrowingFile(partial, lambda there: tell(there, remote.bytes)) as file,
        _hub_errors_in_words(source),
    ):
        http_get(
            remote.url,
            file,
            resume_size=file.tell(),
            headers={"user-agent": f"cast-studio/{cast_studio.__version__}", **_AS_IT_IS},
            expected_size=remote.bytes,
        )


def _keep_client_off_the_terminal() -> None:
    """Let the progress be shown by us alone, and the client's warnings go where all logs go."""
    from huggingface_hub.utils import disable_progress_bars, tqdm  # type: ignore[attr-defined]

    disable_progress_bars("huggingface_hub.http_get")
    tqdm.monitor_interval = 0  # no thread is needed to watch over bars that are not shown
    client = logging.getLogger("huggingface_hub")
    for handler in tuple(client.handlers):
        if isinstance(handler, logging.StreamHandler) and not isinstance(
            handler, logging.FileHandler
        ):
            client.removeHandler(handler)
    client.propagate = True


def _look_up(source: ExpertSource, hub: HubFile, endpoint: str | None) -> _RemoteFile:
    """Ask the hub for the first file that it has.

    Raises:
        ModelError: It has none, or does not say their checksums.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError

    for name in hub.names:
        url = hf_hub_url(hub.repository, name, endpoint=endpoint)
        try:
            # Nothing that is fetched here needs an account, so no token is sent along.
            found = get_hf_file_metadata(url, token=False)
        except EntryNotFoundError:
            log.info("%s has no %s", hub.repository, name)
            continue
        if found.etag is None or not _SHA256.fullmatch(found.etag) or not found.size:
            raise ModelError(
                say(
                    "“{source}” was not fetched: the server does not say the checksum of “{name}”, "
                    "so that nobody could tell whether it arrives as it is; {by_hand}.",
                    source=source.title,
                    name=name,
                    by_hand=source.by_hand(),
                )
            )
        return _RemoteFile(name, url, found.etag, found.size)
    raise ModelError(
        say(
            "“{source}” was not fetched: there is no file {names} in {repository} any "
            "more; {by_hand}.",
            source=source.title,
            names=" or ".join(hub.names),
            repository=hub.repository,
            by_hand=source.by_hand(),
        )
    )


@contextmanager
def _hub_errors_in_words(source: ExpertSource) -> Iterator[None]:
    """Turn what the hub's client raises into one sentence.

    Raises:
        ModelError: In place of the client's own errors.
    """
    from huggingface_hub.errors import HfHubHTTPError

    # The client's HTTP library changed twice; the base of all its errors is always among these.
    network_errors: tuple[type[Exception], ...] = (OSError, *HfHubHTTPError.__bases__)
    try:
        yield
    except _DiskError as error:
        raise error.reason from error
    except HfHubHTTPError as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        answer = f"the server answered with status {status}" if status else "the server refused"
        raise ModelError(
            say(
                "“{source}” was not fetched: {answer}; {by_hand}.",
                source=source.title,
                answer=answer,
                by_hand=source.by_hand(),
            )
        ) from error
    except network_errors as error:
        log.info("fetching %s failed", source.name, exc_info=True)
        raise ModelError(
            say(
                "“{source}” was not fetched: the server cannot be reached or went silent (what "
                "has arrived is kept for the next attempt); check the network and fetch again, "
                "or {by_hand}.",
                source=source.title,
                by_hand=source.by_hand(),
            )
        ) from error


class _DiskError(Exception):
    """Writing failed, in the midst of what else fails for the network's sake."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class _GrowingFile(io.BufferedWriter):
    """The part of a file that is there; whatever is written is told at once."""

    def __init__(self, path: Path, on_grown: Callable[[int], None]) -> None:
        # Not for appending: the client starts over from the beginning where a server cannot resume.
        super().__init__(io.FileIO(path, "r+" if path.exists() else "x"))
        self._on_grown = on_grown
        self.seek(0, io.SEEK_END)

    def write(self, data: ReadableBuffer, /) -> int:
        """Write and tell how much is there now."""
        try:
            written = super().write(data)
            self.flush()
        except OSError as error:
            raise _DiskError(error) from error
        self._on_grown(self.tell())
        return written


@contextmanager
def _only_one_at_work(source: ExpertSource, folder: Path) -> Iterator[None]:
    """Keep two programs from writing one file.

    Raises:
        ModelError: Another one is at it.
    """
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise ModelError(
            say(
                "“{source}” is being fetched already; wait until that has ended.",
                source=source.title,
            )
        ) from error


def _checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _tell_nobody(_there: int, _total: int) -> None:
    """Ignore the progress."""
