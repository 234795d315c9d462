"""Wheels made by hand, and a package index that serves them on the loopback."""

import http.server
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def wheel(folder: Path, name: str, version: str, *needs: str) -> Path:
    """Write a wheel with one module that knows its version."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": metadata + "".join(f"Requires-Dist: {need}\n" for need in needs),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in (files | {f"{info}/RECORD": record}).items():
            archive.writestr(zipfile.ZipInfo(file), content)  # always the same bytes
    return path


class Index:
    """`url` is where packages are found; `asked` are the paths that were asked for."""

    def __init__(self, wheels: Path, answer: Callable[[str], int]):
        self.asked: list[str] = []
        index = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.asked.append(self.path)
                content = index.content(self.path)
                status = answer(self.path) if content else http.HTTPStatus.NOT_FOUND
                self.send_response(status)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                if status == http.HTTPStatus.OK:
                    self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._wheels = wheels
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple"

    def content(self, path: str) -> bytes:
        if path.endswith(".whl"):
            return (self._wheels / path.rpartition("/")[2]).read_bytes()
        name = path.strip("/").rpartition("/")[2]
        found = [one.name for one in sorted(self._wheels.glob(f"{name}-*.whl"))]
        return "".join(f'<a href="/files/{one}">{one}</a>\n' for one in found).encode()


@contextmanager
def serving(
    wheels: Path, answer: Callable[[str], int] = lambda _: http.HTTPStatus.OK
) -> Iterator[Index]:
    """Serve wheels; `answer` says with which status a path is answered."""
    index = Index(wheels, answer)
    thread = threading.Thread(target=index.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield index
    finally:
        index.server.shutdown()
        index.server.server_close()
        thread.join(10)
