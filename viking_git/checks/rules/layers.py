"""VG2xx: layers are there, within budget, and true."""

from collections.abc import Iterator

from viking_git.checks.case import Case
from viking_git.checks.finding import Rule, Spot
from viking_git.errors import InvalidContent
from viking_git.model.changes import Changes
from viking_git.model.filemerge import MEMORY_DIFF, memory_at
from viking_git.model.layers import ABSTRACT, META, OVERVIEW, OVERVIEW_LIMIT, check_abstract
from viking_git.model.memory import Memory
from viking_git.model.meta import load_json

LAYERS = (ABSTRACT, OVERVIEW)


def missing(case: Case) -> Iterator[Spot]:
    """Directories that mean something and lack a layer."""
    memories = [path for path in case.memories if isinstance(case.memory(path), Memory)]
    # A revert of an archive before others leaves its number, by this one file, and nothing that has layers.
    archives = [path for path in case.archives if [e.name for e in case.tree.entries(path)] != [MEMORY_DIFF]]
    for directory in sorted({*memories, *case.summaries, *archives}):
        gone = [name for name in LAYERS if not case.tree.exists(f"{directory}/{name}")]
        if gone:
            yield Spot(f"{directory}/{gone[0]}", f"no {' and no '.join(gone)}")


def malformed(case: Case) -> Iterator[Spot]:
    """Layers that are empty, no text, or over their budget."""
    for changed in case.present:
        if changed.name in LAYERS and changed.new is not None:
            problem = _layer_problem(changed.name, case.tree.read_oid(changed.new.oid))
            if problem:
                yield Spot(changed.path, problem)


def _layer_problem(name: str, data: bytes) -> str | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    if "\r" in text or not text.endswith("\n"):
        return "lines end in LF, the last one too"
    if name == ABSTRACT:
        try:
            check_abstract(text.rstrip("\n"))
        except InvalidContent as error:
            return error.message
    elif not text.strip():
        return "an overview may not be empty"
    elif len(text.rstrip("\n")) > OVERVIEW_LIMIT:
        return f"an overview has {len(text)} characters, {OVERVIEW_LIMIT} at most"
    return None


def memory_layers(case: Case) -> Iterator[Spot]:
    """Memories whose two projections say something else than content.md."""
    for directory in case.memories:
        memory = case.memory(directory)
        if not isinstance(memory, Memory):
            continue
        layers = memory.layers()
        for name, text in ((ABSTRACT, layers.abstract), (OVERVIEW, layers.overview)):
            data = case.tree.get(f"{directory}/{name}")
            if data is not None and data != f"{text}\n".encode():
                line = _first_difference(data.decode(errors="replace"), f"{text}\n")
                yield Spot(f"{directory}/{name}", "not what content.md says", line)


def _first_difference(one: str, other: str) -> int:
    lines, others = one.splitlines(), other.splitlines()
    same = (number for number, (a, b) in enumerate(zip(lines, others, strict=False), start=1) if a != b)
    return next(same, max(1, min(len(lines), len(others))))


def _summary_state(case: Case, directory: str) -> str:
    """``healed-later`` where the state is only what a merge with the base leaves, which trunk's refresh mends."""
    state = case.tools.summary_state(case.tree, directory)
    merged = state in {"stale", "edited"} and case.head.tree != case.tree.tree and case.head.is_dir(directory)
    if merged and case.tools.summary_state(case.head, directory) == "current":
        return "healed-later"
    if state != "stale" or directory in case.own_changes:
        return state
    # Of all of trunk: what a merge made elsewhere leaves is healed; what a person wrote waits for a person.
    healed = not case.whole or bool(case.tools.summarise(case.tree, [directory]))
    return "healed-later" if healed else state


def stale(case: Case) -> Iterator[Spot]:
    """Summaries of another state of their directory."""
    for directory in case.summaries:
        if _summary_state(case, directory) == "stale":
            yield Spot(f"{directory}/{ABSTRACT}", "the summary is of an earlier state of this directory")


def edited(case: Case) -> Iterator[Spot]:
    """Summaries that somebody edited and nobody stamped as true."""
    for directory in case.summaries:
        if _summary_state(case, directory) == "edited":
            yield Spot(f"{directory}/{ABSTRACT}", "edited by hand, and not accepted as true")
    for directory in case.archives:
        if _archive_edited(case, directory):
            yield Spot(f"{directory}/{ABSTRACT}", "not the layers that the archive was stamped with")


def _archive_edited(case: Case, directory: str) -> bool:
    try:
        stamped = load_json(case.tree.get(f"{directory}/{META}") or b"{}", META).get("layers")
    except InvalidContent:
        return False
    found = {
        "abstract": case.tree.entry(f"{directory}/{ABSTRACT}"),
        "overview": case.tree.entry(f"{directory}/{OVERVIEW}"),
    }
    return isinstance(stamped, dict) and any(e is not None and stamped.get(k) != e.oid for k, e in found.items())


def stale_above(case: Case) -> Iterator[Spot]:
    """Summaries of folders above a change, or that a merge leaves: trunk's refresh mends them."""
    for directory in case.summaries:
        if _summary_state(case, directory) == "healed-later":
            yield Spot(f"{directory}/{ABSTRACT}", "trunk's next refresh brings this summary up to date")


def is_trunks(case: Case, path: str) -> bool:
    """Whether only trunk writes the file ``path``: layers of containers, what is folded from decisions."""
    directory, _, name = path.rpartition("/")
    if name in LAYERS:
        return case.tools.is_container(directory)
    if name == MEMORY_DIFF:
        return True
    session = directory.startswith("session/") and directory.count("/") == 2
    return name == META and (session or memory_at(directory) is not None)


def by_hand(case: Case) -> Iterator[Spot]:
    """Projections that only trunk writes, changed to something that no source says."""
    paths = [c.path for c in case.files if c.is_changed and is_trunks(case, c.path)]
    if not paths:
        return
    right = projected(case, paths)
    for path in paths:
        data = right.get(path)
        if data is not None and case.tree.get(path) != data:
            yield Spot(path, "only trunk writes this file, and not so")


def projected(case: Case, paths: list[str]) -> Changes:
    """What trunk would write at ``paths`` and where it follows from them."""
    # A session's record follows from its archives, not from itself.
    archives = [
        f"{path.rpartition('/')[0]}/history/archive_001/{META}" for path in paths if path.startswith("session/")
    ]
    return case.tools.projections(case.tree, [*paths, *archives])


def container_stale(case: Case) -> Iterator[Spot]:
    """Containers that trunk's next refresh brings up to date, as after a merge on a hosting site."""
    if not case.on_trunk:
        return
    changed = [c.path for c in case.files if case.whole or c.is_changed]
    right = case.tools.projections(case.tree, [path for path in changed if not path.startswith("resources/")])
    for path, file in right.files():
        if is_trunks(case, path) and case.tree.get(path) != file.data:
            yield Spot(path, "trunk's next refresh brings this up to date")


RULES = (
    Rule("VG201", "layer-missing", "error", "Every memory, document folder and archive has both layers.",
         "viking-git check --fix", missing),
    Rule("VG202", "layer-malformed", "error",
         "An abstract is one paragraph of at most 256 characters, an overview has at most 4,000.",
         "shorten it, or viking-git refresh {uri} --rewrite", malformed),
    Rule("VG203", "memory-layers", "error", "The layers of a memory are what its content.md gives, byte for byte.",
         "edit content.md, then viking-git check --fix", memory_layers),
    Rule("VG204", "summary-stale", "error", "The summary of a document folder is of its present state.",
         "viking-git check --fix; for one written by hand, viking-git refresh {uri} --accept or --rewrite", stale),
    Rule("VG205", "summary-edited", "warning", "A summary edited by hand is stamped as true by somebody.",
         "viking-git refresh {uri} --accept or --rewrite", edited),
    Rule("VG206", "projection-by-hand", "error",
         "Layers of containers, .meta.json of memories and memory_diff.json are written by trunk alone.",
         "viking-git check --fix", by_hand),
    Rule("VG207", "container-stale", "note", "Containers on trunk are what their sources give.",
         "viking-git refresh", container_stale, slow=True),
    Rule("VG208", "summary-above-stale", "note", "Summaries above a change are brought up to date by trunk.",
         "viking-git refresh", stale_above, slow=True),
)  # fmt: skip
