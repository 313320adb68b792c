"""Images of a conversation as files beside its messages.

An image part that names a local file is copied when the message is added, for the file may be gone at the commit. Its
``url`` becomes ``files/{hash}.{suffix}``, relative to ``messages.jsonl``: true in the live log and in every archive.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from viking_git.errors import InvalidContent
from viking_git.model.messages import Message
from viking_git.store.livelog import FILES, LiveLog

SIZE_LIMIT = 50_000_000
"""Bytes of the largest image."""

_MARKS = (
    (b"\x89PNG\r\n\x1a\n", 0, "png"), (b"\xff\xd8\xff", 0, "jpg"), (b"GIF8", 0, "gif"), (b"WEBP", 8, "webp"),
    (b"BM", 0, "bmp"), (b"II*\0", 0, "tiff"), (b"MM\0*", 0, "tiff"), (b"ftypavif", 4, "avif"), (b"ftyphei", 4, "heic"),
)  # fmt: skip
_KEPT = re.compile(rf"{FILES}/([0-9a-f]{{32}}\.[a-z]{{3,4}})")


def keep_images(live: LiveLog, message: Message) -> Message:
    """``message`` with every image part that names a local file (``file://`` or a path) naming a copy in ``live``.

    Only for messages of this machine's own user and programs: a transcript from elsewhere must not choose files here.

    Raises:
        InvalidContent: a file that cannot be read, is too large, or is no image.
    """
    parts: list[Mapping[str, Any]] = []
    for part in message.parts:
        path = _local(part)
        if path is None:
            parts.append(part)
            continue
        name = _keep(live, path)
        parts.append({"name": path.name, **part, "url": f"{FILES}/{name}"})
    return replace(message, parts=tuple(parts))


def read_image(path: Path) -> tuple[str, bytes]:
    """The name that an image is kept under, and its bytes.

    Raises:
        InvalidContent: it cannot be read, is too large, or is no image.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= SIZE_LIMIT else b""
    except OSError as error:
        raise InvalidContent(f"cannot read the image {path}: {error.strerror}") from None
    if size > SIZE_LIMIT:
        raise InvalidContent(f"the image {path} has {size:,} bytes, {SIZE_LIMIT:,} at most")
    suffix = next((suffix for mark, at, suffix in _MARKS if data[at : at + len(mark)] == mark), None)
    if suffix is None:
        raise InvalidContent(f"{path} is no image", hint="PNG, JPEG, GIF, WebP, BMP, TIFF, AVIF or HEIC")
    return f"{hashlib.sha256(data).hexdigest()[:32]}.{suffix}", data


def image_files(messages: Sequence[Message]) -> list[str]:
    """The names below ``files/`` that the messages' image parts refer to, sorted."""
    found = set()
    for message in messages:
        for part in message.parts:
            match = _KEPT.fullmatch(str(part.get("url", ""))) if part["type"] == "image" else None
            if match:
                found.add(match[1])
    return sorted(found)


def _local(part: Mapping[str, Any]) -> Path | None:
    url = part.get("url")
    if part["type"] != "image" or not isinstance(url, str) or not url or _KEPT.fullmatch(url):
        return None
    split = urlsplit(url)
    if split.scheme == "file":
        if split.netloc not in {"", "localhost"}:
            raise InvalidContent(f"an image on another machine: {url}", hint="copy it here first")
        return Path(unquote(split.path))
    return None if split.scheme else Path(url).expanduser()


def _keep(live: LiveLog, path: Path) -> str:
    name, data = read_image(path)
    live.keep_file(name, data)
    return name
