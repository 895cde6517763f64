"""A hub on this machine: answers as the real one does, and fails where a test wants it to."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class FakeHub:
    """What the hub has, how it misbehaves, and what it was asked.

    Attributes:
        endpoint: Its address.
        files: ``owner/name/file`` to content.
        stated_sha256: Told in place of the true checksum.
        states_checksum: Whether it tells a checksum at all.
        status: Answered to everything, where it is not 0.
        gives_up_after: Bytes after which it closes a connection, once for each entry.
        can_resume: Whether it understands ranges.
        ranges: The ranges that were asked for when a file was downloaded; "" for a whole file.
        authorizations: The tokens that came along.
    """

    endpoint: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    stated_sha256: str = ""
    states_checksum: bool = True
    status: int = 0
    gives_up_after: list[int] = field(default_factory=list)
    can_resume: bool = True
    ranges: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)


@contextmanager
def running_hub() -> Iterator[FakeHub]:
    """Run a hub until the block ends."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.hub = FakeHub()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that are stopped by a test hang up."""


class _Handler(BaseHTTPRequestHandler):
    @property
    def _hub(self) -> FakeHub:
        return cast(_Server, self.server).hub

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        content = self._found()
        if content is not None:
            self._begin(200, content, len(content))

    def do_GET(self) -> None:
        content = self._found()
        if content is None:
            return
        asked = self.headers.get("Range", "")
        self._hub.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").split("-")[0]) if asked else 0
        if not self._hub.can_resume:
            start = 0
        rest = content[start:]
        self._begin(206 if start else 200, content, len(rest), start=start)
        if self._hub.gives_up_after:
            rest = rest[: self._hub.gives_up_after.pop(0)]
        self.wfile.write(rest)

    def _found(self) -> bytes | None:
        hub = self._hub
        if "Authorization" in self.headers:
            hub.authorizations.append(self.headers["Authorization"])
        name = self.path.strip("/").replace("/resolve/main/", "/")
        if hub.status or name not in hub.files:
            self.send_response(hub.status or 404)
            self.send_header("X-Repo-Commit", COMMIT)
            if not hub.status:
                self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        return hub.files[name]

    def _begin(self, status: int, content: bytes, length: int, *, start: int = 0) -> None:
        sha256 = self._hub.stated_sha256 or hashlib.sha256(content).hexdigest()
        self.send_response(status)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(length))
        if status == 206:
            last = len(content) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{len(content)}")
        if self._hub.states_checksum:
            self.send_header("X-Linked-Etag", f'"{sha256}"')
            self.send_header("X-Linked-Size", str(len(content)))
        else:
            self.send_header("ETag", '"a-name-of-another-sort"')
        self.end_headers()
