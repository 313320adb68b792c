"""What a person may write, move and remove where: the guards of the file verbs (design section 3).

Documents, skills and instructions are free below their directory; a memory is its ``content.md``; sessions are records
that commands write; layers of containers and memories are projections. Every refusal names the way out.
"""

from viking_git.errors import NotAllowed
from viking_git.model.categories import CATEGORIES
from viking_git.model.layers import ABSTRACT, CONTENT, META, OVERVIEW, RELATIONS
from viking_git.model.layout import memory_of, uri_of
from viking_git.model.names import check_memory_name, check_name
from viking_git.model.uri import TRANSIENT_SCOPES
from viking_git.resources.summarize import is_summarised

_LAYERS = (ABSTRACT, OVERVIEW)


def memory_at(path: str) -> tuple[str, str] | None:
    """Category and name of the memory whose directory is ``path``, None for other paths."""
    found = memory_of(f"{path}/{CONTENT}")
    return (found[1], found[2]) if found and found[0] == path else None


def is_document(path: str) -> bool:
    """Whether ``path`` lies where files are free: below ``resources/``, in a skill, among an agent's instructions."""
    parts = path.split("/")
    if parts[0] == "resources":
        return len(parts) > 1
    if parts[0] != "agent" or len(parts) < 4:
        return False
    return parts[2] == "instructions" or (parts[2] == "skills" and len(parts) > 4)


def check_file(path: str) -> None:
    """Make sure that a person may write the file ``path``.

    Raises:
        NotAllowed: viking-git writes it itself, or nothing of this kind belongs there.
        InvalidName: a space, a skill or a memory may not be called so.
    """
    _check_scope(path)
    directory, _, name = path.rpartition("/")
    if name == META:
        raise NotAllowed(f"{uri_of(path)} is kept by viking-git", hint="viking-git stat shows what it says")
    if name == RELATIONS:
        raise NotAllowed(f"{uri_of(path)} is kept by viking-git", hint="viking-git link and unlink change it")
    if name in _LAYERS and not is_summarised(directory):
        made_of = f"edit {uri_of(directory)}/{CONTENT} instead" if memory_at(directory) else "it follows what is in it"
        raise NotAllowed(f"{uri_of(path)} is a projection, made by viking-git", hint=made_of)
    _check_names(path)
    if not is_document(path):
        _check_memory_file(path)


def check_directory(path: str) -> None:
    """Make sure that a person may make the directory ``path``.

    Raises:
        NotAllowed: it comes with what is written into it, or nothing of this kind belongs there.
    """
    _check_scope(path)
    if not is_summarised(path):
        hint = f"viking-git write {uri_of(path)}/{CONTENT}" if memory_at(path) else "write a file below it"
        raise NotAllowed(f"{uri_of(path, directory=True)} comes with what is written into it", hint=hint)
    _check_names(path)


def check_removable(path: str) -> None:
    """Make sure that a person may remove the file or the directory ``path``.

    Raises:
        NotAllowed: a scope, a record of a session, a layer.
    """
    _check_scope(path)
    directory, _, name = path.rpartition("/")
    if name in _LAYERS or name == META:
        way = "viking-git refresh --rewrite makes layers anew" if is_summarised(directory) else "remove what it is of"
        raise NotAllowed(f"{uri_of(path)} is kept by viking-git", hint=way)
    if name == RELATIONS:
        raise NotAllowed(f"{uri_of(path)} is kept by viking-git", hint="viking-git unlink removes relations")


def check_movable(path: str) -> None:
    """Make sure that the file or the directory ``path`` is a document, or a memory as a whole or by its content.

    Raises:
        NotAllowed: a container, which is made of what it holds, or something that cannot be removed.
    """
    check_removable(path)
    if not (is_document(path) or is_summarised(path) or memory_at(path) or memory_of(path)):
        raise NotAllowed(
            f"{uri_of(path, directory=True)} holds other things and has none of its own",
            hint="move or copy what is in it, one by one",
        )


def check_linkable(path: str) -> None:
    """Make sure that the directory ``path`` may hold relations.

    Raises:
        NotAllowed: the root, a transient scope, an archive.
    """
    if not path or path.split("/")[0] in TRANSIENT_SCOPES:
        raise NotAllowed(f"{uri_of(path)} holds no relations", hint="link a directory below it")
    parts = path.split("/")
    if parts[0] == "session" and len(parts) > 3:
        raise NotAllowed(f"{uri_of(path)} is a record and does not change", hint=f"link {uri_of('/'.join(parts[:3]))}/")


def _check_scope(path: str) -> None:
    scope, _, rest = path.partition("/")
    if not rest:
        raise NotAllowed(f"{uri_of(path)} is a scope", hint="name something below it")
    if scope in TRANSIENT_SCOPES:
        raise NotAllowed(f"{uri_of(path)} is not in the repository", hint="write below viking://resources/")
    if scope == "session":
        raise NotAllowed(
            f"{uri_of(path)} is the record of a session and does not change",
            hint="viking-git session add-message adds to a session",
        )


def _check_names(path: str) -> None:
    """Names that viking-git hands out itself are stricter than those of documents."""
    parts = path.split("/")
    if parts[0] in {"user", "agent"} and len(parts) > 1:
        check_name(parts[1], "space")
    if parts[0] == "agent" and len(parts) > 3 and parts[2] in {"skills", "user"}:
        check_name(parts[3], "skill" if parts[2] == "skills" else "space")
    found = memory_of(path) or memory_of(f"{path}/{CONTENT}")
    if found is not None and found[1] in CATEGORIES:
        check_memory_name(found[2])


def _check_memory_file(path: str) -> None:
    found = memory_of(path)
    if found is None:
        raise NotAllowed(
            f"nothing can be kept at {uri_of(path)}",
            hint="documents go below viking://resources/, memories into memories/CATEGORY/NAME/content.md",
        )
    directory, category, name = found
    kind = CATEGORIES.get(category)
    if kind is None:
        raise NotAllowed(
            f"there is no category of memories {category!r}", hint=f"the categories are {', '.join(CATEGORIES)}"
        )
    if path != f"{directory}/{CONTENT}":
        raise NotAllowed(f"a memory is one file: {uri_of(path)} is not it", hint=f"write {uri_of(directory)}/{CONTENT}")
    if path.split("/")[0] != kind.owner:
        raise NotAllowed(
            f"{category} belong to the {kind.owner}, not to the {path.split('/')[0]}",
            hint=f"viking://{kind.owner}/memories/{kind.path(name)}/{CONTENT}",
        )
    if not directory.endswith(f"/{kind.path(name)}"):
        raise NotAllowed(f"{uri_of(directory)} is not where {name} belongs", hint=f"memories/{kind.path(name)}")
