"""A small store of objects on loopback that speaks as much of the protocol of S3 as pyarrow uses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

WHEN = "2024-01-31T00:00:00.000Z"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits for the client to acknowledge its headers
    server: Store

    def _target(self) -> tuple[str, str, dict[str, str]]:
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        query = {name: value[0] for name, value in parse_qs(parts.query, keep_blank_values=True).items()}
        return bucket, key, query

    def parse_request(self) -> bool:
        is_one = super().parse_request()
        self.server.requests[self.command] += 1
        return is_one

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "aws-chunked" not in self.headers.get("Content-Encoding", ""):
            return body
        content = b""
        while (line := body.partition(b"\r\n"))[0]:
            size = int(line[0].partition(b";")[0], 16)
            content, body = content + line[2][:size], line[2][size + 2 :]
            if not size:
                break
        return content

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        bucket, key, _ = self._target()
        if bucket != "bucket" or (key and key not in self.server.objects):
            self._answer(404)
            return
        size = len(self.server.objects[key]) if key else 0
        self.send_response(200)
        for name, value in (("Content-Length", str(size)), ("ETag", '"1"')):
            self.send_header(name, value)
        self.send_header("Last-Modified", "Wed, 31 Jan 2024 00:00:00 GMT")
        self.end_headers()

    def do_GET(self) -> None:
        _, key, query = self._target()
        if not key:
            self._list(query)
            return
        if key not in self.server.objects:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        content = self.server.objects[key]
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if found:
            first, last = int(found[1]), min(int(found[2] or len(content) - 1), len(content) - 1)
            self._answer(206, content[first : last + 1], Content_Range=f"bytes {first}-{last}/{len(content)}")
        else:
            self._answer(200, content)

    def _list(self, query: dict[str, str]) -> None:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        entries, folders = [], set()
        for key in sorted(key for key in self.server.objects if key.startswith(prefix)):
            rest = key[len(prefix) :]
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.partition(delimiter)[0] + delimiter)
            else:
                size = len(self.server.objects[key])
                entries.append(
                    f"<Contents><Key>{escape(key)}</Key><Size>{size}</Size><LastModified>{WHEN}</LastModified></Contents>"
                )
        entries += [f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in sorted(folders)]
        head = f"<IsTruncated>false</IsTruncated><KeyCount>{len(entries)}</KeyCount>"
        body = f"<ListBucketResult>{head}{''.join(entries)}</ListBucketResult>"
        self._answer(200, body.encode(), Content_Type="application/xml")

    def do_PUT(self) -> None:
        _, key, query = self._target()
        body = self._body()
        if "partNumber" in query:
            self.server.parts.setdefault(query["uploadId"], {})[int(query["partNumber"])] = body
        elif key:
            self.server.objects[key] = body
        self._answer(200, ETag='"1"')

    def do_POST(self) -> None:
        bucket, key, query = self._target()
        body = self._body()
        if "uploads" in query:
            number = str(next(self.server.numbers))
            self.server.parts[number] = {}
            answer = (
                f"<InitiateMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{escape(key)}</Key><UploadId>{number}"
            )
            self._answer(200, f"{answer}</UploadId></InitiateMultipartUploadResult>".encode())
        elif "uploadId" in query:
            parts = self.server.parts.pop(query["uploadId"])
            self.server.objects[key] = b"".join(parts[number] for number in sorted(parts))
            self._answer(
                200, f"<CompleteMultipartUploadResult><Key>{escape(key)}</Key></CompleteMultipartUploadResult>".encode()
            )
        else:
            for name in re.findall(r"<Key>(.*?)</Key>", body.decode()):
                self.server.objects.pop(name, None)
            self._answer(200, b"<DeleteResult></DeleteResult>")

    def do_DELETE(self) -> None:
        self.server.objects.pop(self._target()[1], None)
        self._answer(204)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Store(ThreadingHTTPServer):
    """Objects by key, of one bucket, and the parts of uploads that are not complete.

    Attributes
    ----------
    requests
        How many there were, by their methods.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.numbers = count()  # of uploads: two at the same time are never of one number
        self.requests = Counter[str]()

    def url(self, folder: str) -> str:
        """Address of a folder of the bucket."""
        where = f"127.0.0.1%3A{self.server_address[1]}"
        return f"s3://key:secret@bucket/{folder}?endpoint_override={where}&scheme=http&region=us-east-1"


@contextmanager
def object_store() -> Iterator[Store]:
    """Run a store for as long as the block lasts."""
    store = Store()
    thread = Thread(target=store.serve_forever, daemon=True)
    thread.start()
    try:
        yield store
    finally:
        store.shutdown()
        thread.join(timeout=10)
        store.server_close()
