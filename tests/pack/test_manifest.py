"""Manifests: read, written, and refused."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.packs import PackMaker
from viking_git.errors import BadPack
from viking_git.pack.manifest import Index, Manifest, PackEntry, RecordsIndex, Root, content_sha256, load_manifest

ENTRIES = (
    PackEntry("", "directory"),
    PackEntry("dir", "directory"),
    PackEntry("dir/ä.md", "file", 3, hashlib.sha256(b"abc").hexdigest()),
)


def manifest(**change: object) -> bytes:
    return PackMaker({"dir/ä.md": b"abc"}, change=change).manifest()


def test_the_bytes_are_those_of_the_published_form() -> None:
    records = RecordsIndex("_ovpack/index_records.jsonl", 0, hashlib.sha256(b"").hexdigest())
    found = Manifest(
        3, Root("x", "viking://resources/x", "resources"), ENTRIES, content_sha256(ENTRIES), Index(records)
    )
    assert found.dump() == manifest()


def test_it_is_read_as_it_is_written() -> None:
    found = load_manifest(manifest(generator="viking-git", scopes=["resources"]))
    assert found.entries == ENTRIES
    assert found.generator == "viking-git"
    assert load_manifest(found.dump()) == found


def test_keys_that_are_not_known_are_passed_over() -> None:
    entries = [{"path": "", "kind": "directory", "user_id": "alice"}]
    empty = hashlib.sha256(b"[]").hexdigest()
    assert load_manifest(manifest(entries=entries, content_sha256=empty, novelty={"a": 1})).files == []


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.binary(max_size=20), max_size=8))
def test_the_checksum_is_that_of_an_independent_computation(files: dict[str, bytes]) -> None:
    entries = [PackEntry(path, "file", len(data), hashlib.sha256(data).hexdigest()) for path, data in files.items()]
    listed = [{"path": e.path, "sha256": e.sha256, "size": e.size} for e in sorted(entries, key=lambda e: e.path)]
    try:
        compact = json.dumps(listed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert content_sha256(entries) == hashlib.sha256(compact).hexdigest()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no manifest"),
        (b"[" * 100_000, "no manifest"),
        (b"{}", "no manifest"),
        (b"\xff\xfe", "no manifest"),
        (manifest(kind="other.pack"), "its kind is 'other.pack'"),
        (manifest(format_version=4), "version 4"),
        (manifest(format_version=1), "version 1"),
        (manifest(format_version="3"), "no manifest"),
        (manifest(entries=[]), "does not begin with the root"),
        (manifest(entries=[{"path": "x", "kind": "link"}]), "no manifest"),
        (manifest(content_sha256="0" * 64), "content_sha256"),
    ],
)
def test_what_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadPack, match=words) as caught:
        load_manifest(data)
    assert caught.value.member == "_ovpack/manifest.json"
