"""Bare repositories on this machine's loopback: git's own protocol, and http.

Real git at both ends: `git daemon`, and `git http-backend` behind a small server.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

HOST = "127.0.0.1"
PRIVATE = "private"  # repositories in a folder of this name ask for a user and a password


@dataclass(frozen=True)
class Served:
    """Where the repositories of a folder can be fetched."""

    git_port: int
    http_port: int

    def git_url(self, repository: str) -> str:
        """The address of a repository over git's protocol."""
        return f"git://{HOST}:{self.git_port}/{repository}"

    def http_url(self, repository: str) -> str:
        """The address of a repository over http."""
        return f"http://{HOST}:{self.http_port}/{repository}"


@contextmanager
def serve(folder: Path, *, old: bool = False) -> Iterator[Served]:
    """Serve every bare repository of a folder on free ports until the block ends.

    Args:
        folder: The repositories.
        old: Speak the first version of git's protocol over http, as old servers do.

    Raises:
        RuntimeError: The git daemon does not start.
    """
    with _daemon(folder) as git_port, _http(folder, old) as http_port:
        yield Served(git_port, http_port)


def git_environment() -> dict[str, str]:
    """An environment in which git reads nobody's configuration."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.devnull,
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }


@contextmanager
def _daemon(folder: Path) -> Iterator[int]:
    port = _free_port()
    process = subprocess.Popen(
        [
            "git",
            "daemon",
            "--export-all",
            "--reuseaddr",
            f"--base-path={folder}",
            f"--listen={HOST}",
            f"--port={port}",
            str(folder),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=git_environment(),
        start_new_session=True,
    )
    try:
        _wait_for(port, process)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], timeout_s: float = 20.0) -> None:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"git daemon does not listen on port {port}; is it installed?")


@contextmanager
def _http(folder: Path, old: bool) -> Iterator[int]:
    class Handler(_Backend):
        root = folder
        speaks_new = not old

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Backend(BaseHTTPRequestHandler):
    """Hands every request to `git http-backend`, as a web server does."""

    root: Path
    speaks_new: bool
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        """Answer the first request of a fetch."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Answer the negotiation of a fetch."""
        self._answer(self._body())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal belongs to whoever serves."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _answer(self, body: bytes) -> None:
        url = urlsplit(self.path)
        if unquote(url.path).startswith(f"/{PRIVATE}/") and "Authorization" not in self.headers:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="private"')
            self.end_headers()
            return
        environment = git_environment() | {
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", "") if self.speaks_new else "",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": unquote(url.path),
            "QUERY_STRING": url.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_ADDR": self.client_address[0],
        }
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            stdout=subprocess.PIPE,
            env=environment,
            check=False,
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [line.partition(": ")[::2] for line in head.decode("latin-1").split("\r\n")]
        status = next((value for name, value in headers if name == "Status"), "200 OK")
        self.send_response(int(status.split()[0]))
        for name, value in headers:
            if name and name != "Status":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
