"""What hits are linked to: the entries of ``.relations.json`` in the directories they lie in."""

from collections.abc import Iterable, Iterator

from viking_git.errors import InvalidContent, InvalidURI
from viking_git.model.layers import ABSTRACT, RELATIONS
from viking_git.model.layout import uri_of
from viking_git.model.relations import load_relations
from viking_git.model.text import decode_text
from viking_git.model.uri import VikingURI
from viking_git.retrieval.results import Hit, Related
from viking_git.store.snapshot import Snapshot


def related(hits: Iterable[Hit], trunk: Snapshot) -> tuple[Related, ...]:
    """The neighbours of ``hits`` in ``trunk`` with the reason of the link, each once, in the order of the hits.

    What is a hit itself is left out, and so is a link to nothing and a file that is no table of relations.
    """
    hits = list(hits)
    found: dict[str, Related] = {}
    there = {hit.record.directory for hit in hits}
    for directory in dict.fromkeys(hit.record.directory for hit in hits):
        for uri, reason in _links(trunk, directory):
            if uri.full_path not in there and trunk.exists(uri.full_path):
                abstract = decode_text(trunk.get(f"{uri.full_path}/{ABSTRACT}") or b"") or ""
                name = uri_of(uri.full_path, directory=trunk.is_dir(uri.full_path))
                found.setdefault(
                    uri.full_path, Related(name, reason, uri_of(directory, directory=True), abstract.strip())
                )
    return tuple(found.values())


def _links(trunk: Snapshot, directory: str) -> Iterator[tuple[VikingURI, str]]:
    data = trunk.get(f"{directory}/{RELATIONS}")
    try:
        relations = load_relations(data) if data is not None else []
    except InvalidContent:
        return
    for relation in relations:
        try:
            yield VikingURI(relation.uri), relation.reason
        except InvalidURI:
            continue
