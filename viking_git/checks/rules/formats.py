"""VG5xx: files of ours parse, and stand as they are written."""

import re
from collections.abc import Iterator

from viking_git.checks.case import Case, Changed
from viking_git.checks.finding import Rule, Spot
from viking_git.checks.schemas import check_schema
from viking_git.config import POLICY_FILE, load_policy
from viking_git.errors import InvalidContent, InvalidURI
from viking_git.model.layers import CONTENT, LAYER_FILES, RELATIONS
from viking_git.model.layout import memory_of
from viking_git.model.meta import dump_json, load_json
from viking_git.model.relations import dump_relations, load_relations
from viking_git.model.searchtests import TESTS_FILE, load_tests
from viking_git.model.uri import TRACKED_SCOPES, VikingURI, split_fragment

_LINE = re.compile(r"\bline (\d+)")


def invalid(case: Case) -> Iterator[Spot]:
    """JSON files of ours that do not parse or do not fit their schema."""
    for changed, data in _ours(case):
        try:
            check_schema(changed.path, data)
        except InvalidContent as error:
            line = _LINE.search(error.message)
            yield Spot(changed.path, error.message, int(line[1]) if line else 1)


def unsorted(case: Case) -> Iterator[Spot]:
    """JSON files that stand otherwise than they are written."""
    for changed, data in _ours(case):
        right = written(changed.path, data)
        if right is not None and right != data:
            lines = zip(data.splitlines(), right.splitlines(), strict=False)
            line = next((number for number, (a, b) in enumerate(lines, start=1) if a != b), 1)
            yield Spot(changed.path, "not in the written form: sorted keys, two spaces, final newline", line)


def written(path: str, data: bytes) -> bytes | None:
    """The bytes that we would write for a JSON file of ours; None where it does not fit its schema or is none."""
    try:
        if not check_schema(path, data) or path.endswith(".jsonl"):
            return None
        return dump_relations(load_relations(data)) if path.endswith(RELATIONS) else dump_json(load_json(data, path))
    except InvalidContent:
        return None


def bad_policy(case: Case) -> Iterator[Spot]:
    """A viking.yaml that nothing could be run with."""
    data = case.tree.get(POLICY_FILE)
    if data is None or not any(changed.path == POLICY_FILE for changed in case.files):
        return
    try:
        load_policy(data)
    except InvalidContent as error:
        line = _LINE.search(error.message)
        yield Spot(POLICY_FILE, error.message, int(line[1]) if line else 1)


def bad_tests(case: Case) -> Iterator[Spot]:
    """A viking-tests.yaml that no test can be read from."""
    for changed in case.present:
        if changed.path == TESTS_FILE and changed.new is not None:
            try:
                load_tests(case.tree.read_oid(changed.new.oid))
            except InvalidContent as error:
                line = _LINE.search(error.message)
                yield Spot(TESTS_FILE, error.message, int(line[1]) if line else 1)


def relation_missing(case: Case) -> Iterator[Spot]:
    """Relations that lead nowhere."""
    for changed, data in _ours(case):
        if changed.name != RELATIONS:
            continue
        try:
            relations = load_relations(data)
        except InvalidContent:
            continue
        lines = data.decode(errors="replace").splitlines()
        for relation in relations:
            if problem := _target_problem(case, relation.uri):
                line = next((number for number, text in enumerate(lines, 1) if relation.uri in text), 1)
                yield Spot(changed.path, problem, line)


def _target_problem(case: Case, uri: str) -> str | None:
    try:
        target = VikingURI(split_fragment(uri)[0])
    except InvalidURI as error:
        return error.message
    if target.scope not in TRACKED_SCOPES or not case.tree.exists(target.full_path):
        return f"nothing is at {uri}"
    return None


def line_ends(case: Case) -> Iterator[Spot]:
    """Text of ours with other line ends, a byte order mark, or no newline at its end."""
    for changed in case.present:
        if not (changed.name == CONTENT and memory_of(changed.path)) and changed.path != POLICY_FILE:
            continue
        text = case.text(changed)
        if text is None or text == plain(text):
            continue
        line = next((n for n, row in enumerate(text.split("\n"), 1) if row.endswith("\r")), text.count("\n") + 1)
        yield Spot(changed.path, "lines end in LF, the last one too, and there is no byte order mark", line)


def plain(text: str) -> str:
    """``text`` with LF line ends, one newline at its end, and no byte order mark."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"


def _ours(case: Case) -> Iterator[tuple[Changed, bytes]]:
    for changed in case.present:
        if changed.path.partition("/")[0] not in TRACKED_SCOPES or changed.new is None:
            continue
        is_ours = changed.name in LAYER_FILES or not changed.path.startswith("resources/")
        if is_ours and changed.name.endswith((".json", ".jsonl")):
            yield changed, case.tree.read_oid(changed.new.oid)


RULES = (
    Rule("VG501", "json-invalid", "error",
         ".meta.json, .relations.json, messages.jsonl, decisions and memory_diff.json parse and fit their schema.",
         "edit {path}; docs/formats.md shows the form", invalid, on_write=True),
    Rule("VG502", "json-form", "warning", "JSON files have sorted keys, an indent of two spaces and a final newline.",
         "viking-git check --fix", unsorted),
    Rule("VG503", "policy-invalid", "error", "viking.yaml parses and has only keys that are known.",
         "edit viking.yaml; docs/formats.md lists its keys", bad_policy, on_write=True),
    Rule("VG504", "relation-missing", "error", "What a relation points to exists.",
         "correct the uri in {path}, or take the relation out", relation_missing),
    Rule("VG505", "line-ends", "warning", "Text of ours ends its lines in LF, the last one too.",
         "viking-git check --fix", line_ends),
    Rule("VG506", "search-tests", "error", "viking-tests.yaml is a list of questions with the answers they expect.",
         "edit viking-tests.yaml; docs/retrieval-tests.md shows the form", bad_tests),
)  # fmt: skip
