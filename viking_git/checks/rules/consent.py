"""VG8xx: what judges a change is not changed by it, unless a person with the right to has accepted that.

A branch is judged by the rules of its base. Whether a change of the rules is right is for a person to say: until then
it is a finding, and ``check --accept`` (on a hosting site a label that names the commit, docs/ci.md) is the answer yes.
On trunk, and for who commits to it, the right to push is that answer.
"""

import re
from collections.abc import Iterator

import msgspec

from viking_git import assets
from viking_git.checks.case import Case, Changed
from viking_git.checks.finding import Rule, Spot
from viking_git.config import POLICY_FILE, Policy, load_policy
from viking_git.errors import InvalidContent
from viking_git.model.frontmatter import split_front_matter
from viking_git.model.ignore import parse_pattern
from viking_git.model.layers import CONTENT, LAYER_FILES, MESSAGES, META
from viking_git.model.layout import ATTRIBUTES, BLOCK, IGNORED, memory_of
from viking_git.store.kept import mark_of
from viking_git.store.livelog import FILES

GUARDS = ("checks", "trunk", "sessions.transcripts", "sessions.review", "sessions.quotes")
"""What of the policy says what is judged, what is reviewed, and what of conversations leaves a machine."""

_OF_SESSION = 3
"""Slashes in the path of a session's own record."""
_OURS = ("agent", "session", "user")
_PRIVATE = (MESSAGES, FILES)
_KNOWLEDGE = (*sorted(LAYER_FILES), CONTENT, MESSAGES, "SKILL.md", "memory_diff.json", "01.json", POLICY_FILE)
_HARMLESS = {"text", "text=auto", "eol=lf"}
"""Attributes that neither hide a file from a review nor change what a merge or a checkout makes of it."""

_DOES = {IGNORED: "lets git track private files", ATTRIBUTES: "changes how our files are shown or merged"}


def policy_changed(case: Case) -> Iterator[Spot]:
    """Keys of viking.yaml that say what is judged, reviewed or published, changed by the change that they judge."""
    if not case.accepted:
        yield from _keys_changed(case)
        yield from _marks_changed(case)


def _keys_changed(case: Case) -> Iterator[Spot]:
    before = case.base.get(POLICY_FILE)
    if before is None or not any(c.path == POLICY_FILE and c.is_changed for c in case.files):
        return
    after = case.tree.get(POLICY_FILE)
    try:
        new = _guards(load_policy(after or b""))
    except InvalidContent:
        # Another rule says so, and nothing can be run with it.
        return
    try:
        old = _guards(load_policy(before))
    except InvalidContent:
        old = _guards(Policy())
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield Spot(POLICY_FILE, f"changes {key}, by which changes are judged", _line_of(after or b"", key))


def _marks_changed(case: Case) -> Iterator[Spot]:
    """Sessions whose conversations to come the change would publish."""
    for changed in case.present:
        if changed.name == META and changed.path.startswith("session/") and changed.path.count("/") == _OF_SESSION:
            mark = mark_of(case.tree, changed.parent)
            if mark == "tracked" and mark_of(case.base, changed.parent) != mark:
                yield Spot(changed.path, "publishes the conversations to come of this session")


def _guards(policy: Policy) -> dict[str, object]:
    found: dict[str, object] = {}
    for guard in GUARDS:
        value = msgspec.to_builtins(policy)
        for part in guard.split("."):
            value = value[part]
        found |= (
            {f"{guard}.{key}": of_it for key, of_it in value.items()} if isinstance(value, dict) else {guard: value}
        )
    return found


def _line_of(data: bytes, key: str) -> int:
    name = re.compile(rf"\s*{re.escape(key.rpartition('.')[2])}\s*:")
    lines = data.decode("utf-8", "replace").split("\n")
    return next((number for number, line in enumerate(lines, start=1) if name.match(line)), 1)


def block_changed(case: Case) -> Iterator[Spot]:
    """Lines of .gitignore or .gitattributes that open what our block there keeps shut, or hide it from a review."""
    if case.accepted:
        return
    for changed in case.files:
        scope = changed.path.partition("/")[0]
        if changed.is_changed and changed.name in {ATTRIBUTES, IGNORED} and (not changed.parent or scope in _OURS):
            yield from _lost(case, changed)
            yield from _opened(case, changed)


def _lost(case: Case, changed: Changed) -> Iterator[Spot]:
    """Lines of our block that are gone, where it is not the block of today's version."""
    before, after = _block(case.base_text(changed)), _block(case.text(changed))
    if changed.parent or after == assets.template(f"workspace/{changed.name[1:]}"):
        return
    kept = set(after.splitlines())
    for line in before.splitlines():
        if line not in kept and not line.startswith("#"):
            yield Spot(changed.path, f"takes {line!r} out of the block of viking-git")


def _opened(case: Case, changed: Changed) -> Iterator[Spot]:
    """Lines that go before those of our block, and that the base does not have there."""
    ours = assets.template(f"workspace/{changed.name[1:]}").splitlines()
    known = {line for _, line in _after_block(case.base_text(changed))} | set(ours)
    reaches = _shows if changed.name == IGNORED else _hides
    for number, line in _after_block(case.text(changed)):
        if line not in known and reaches(line, nested=bool(changed.parent)):
            yield Spot(changed.path, f"{line.strip()!r} {_DOES[changed.name]}", number)


def _shows(line: str, *, nested: bool) -> bool:
    """Whether a line of .gitignore takes back that a private file of an archive is ignored."""
    pattern = parse_pattern(line)
    if pattern is None or not pattern.negated:
        return False
    if nested:
        return True
    first = pattern.segments[0]
    if pattern.anchored:
        return first is None or first.fullmatch("session") is not None
    return any(pattern.matches(name, directory=True) for name in _PRIVATE)


def _hides(line: str, *, nested: bool) -> bool:
    """Whether a line of .gitattributes gives a file of ours an attribute that is not harmless."""
    words = line.split()
    pattern = parse_pattern(words[0]) if words else None
    if pattern is None or set(words[1:]) <= _HARMLESS:
        return False
    if nested:
        return True
    first = pattern.segments[0]
    if pattern.anchored:
        return first is None or any(first.fullmatch(name) for name in (*_OURS, POLICY_FILE))
    return any(pattern.matches(name) for name in _KNOWLEDGE)


def _block(text: str | None) -> str:
    found = BLOCK.search(text or "")
    return found[0] if found else ""


def _after_block(text: str | None) -> list[tuple[int, str]]:
    """The lines, with their numbers, from our block on; all of them where there is none."""
    found = BLOCK.search(text or "")
    start = (text or "")[: found.start()].count("\n") if found else 0
    return list(enumerate((text or "").split("\n")[start:], start=start + 1))


def acceptance_added(case: Case) -> Iterator[Spot]:
    """Memories that the change itself says somebody has read and accepted."""
    if case.accepted:
        return
    for changed in case.present:
        if not changed.is_changed or changed.name != CONTENT or memory_of(changed.path) is None:
            continue
        text = case.text(changed) or ""
        name = accepted_by(text)
        if name and name != accepted_by(case.base_text(changed) or ""):
            lines = enumerate(text.split("\n"), start=1)
            line = next((number for number, row in lines if "accepted_by" in row), 1)
            yield Spot(changed.path, f"says that {name!r} has accepted it", line)


def accepted_by(text: str) -> str:
    """Who has read a ``content.md`` and put a name to it, "" for nobody."""
    try:
        return str(split_front_matter(text)[0].get("accepted_by") or "").strip()
    except InvalidContent:
        return ""


_FIX = "take it out; or a person with the right to accepts it: docs/ci.md, on this machine viking-git check --accept"

RULES = (
    Rule("VG801", "policy-changed", "error",
         "No change alters viking.yaml's checks, trunk, or what is reviewed and published, unless that is accepted.",
         _FIX, policy_changed, consent=True),
    Rule("VG802", "block-changed", "error",
         "No change undoes what viking-git's blocks in .gitignore and .gitattributes say, unless that is accepted.",
         _FIX, block_changed, consent=True),
    Rule("VG803", "acceptance-added", "error",
         "No change accepts its own memories (accepted_by), unless that is accepted.",
         _FIX, acceptance_added, consent=True),
)  # fmt: skip
