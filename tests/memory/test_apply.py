import json
from collections.abc import Callable, Iterable

import pytest

from tests.memory.making import ROOT, candidate, existing, memory
from viking_git.memory.apply import (
    decision_changes,
    decision_record,
    decision_uris,
    fingerprint,
)
from viking_git.memory.dedup import Action, Decision
from viking_git.model.memory import parse_memory
from viking_git.model.meta import dump_json
from viking_git.model.names import fold


def taken_among(paths: Iterable[str]) -> Callable[[str], bool]:
    there = {fold(path) for path in paths}
    return lambda path: fold(path) in there


OLD = existing(memory("User prefers tabs."), 0.71234567)
NEW = candidate("User likes tests. (Said on 2026-05-01.)", name="testing")
CREATE = Decision("create", reason="no memory of this topic")


def test_a_created_memory_is_three_true_files() -> None:
    changes = decision_changes(CREATE, NEW, [], ROOT)
    files = {path: file.data.decode() for path, file in changes.files()}
    where = f"{ROOT}/preferences/testing"
    assert set(files) == {f"{where}/content.md", f"{where}/.abstract.md", f"{where}/.overview.md"}
    held = parse_memory(files[f"{where}/content.md"], category_name="preferences", name="testing")
    assert held == NEW.memory()
    assert files[f"{where}/.abstract.md"] == held.layers().abstract + "\n"
    assert files[f"{where}/.overview.md"] == held.layers().overview + "\n"
    assert decision_uris(CREATE, NEW, ROOT) == (f"viking://{where}",)


def test_events_are_kept_by_year() -> None:
    event = candidate("User moved.", category="events", name="2026-03-01_moved")
    assert decision_uris(CREATE, event, ROOT) == (f"viking://{ROOT}/events/2026/2026-03-01_moved",)


def test_a_merge_writes_where_the_memory_is() -> None:
    merge = Decision("none", (Action(OLD.uri, "merge", "same topic"),))
    changes = decision_changes(merge, NEW, [OLD], "user/other/memories")
    text = changes.get(f"{ROOT}/preferences/coding/content.md")
    assert text is not None
    assert parse_memory(text.decode()).paragraphs() == ["User prefers tabs.", "User likes tests. (Said on 2026-05-01.)"]
    assert len(changes) == 3
    assert decision_uris(merge, NEW, ROOT) == (OLD.uri,)


def test_merging_what_is_known_writes_nothing() -> None:
    merge = Decision("none", (Action(OLD.uri, "merge"),))
    assert not decision_changes(merge, candidate("User prefers tabs."), [OLD], ROOT)


def test_deletes_come_before_the_create() -> None:
    delete = Decision("create", (Action(OLD.uri, "delete"),))
    again = candidate("User prefers spaces.", name="coding")
    changes = decision_changes(delete, again, [OLD], ROOT, taken_among([OLD.memory.path, f"{ROOT}/{OLD.memory.path}"]))
    assert changes.deleted == {f"{ROOT}/preferences/coding"}
    assert changes.get(f"{ROOT}/preferences/coding/content.md") is not None


def test_a_skip_changes_nothing() -> None:
    assert not decision_changes(Decision("skip"), NEW, [OLD], ROOT)
    assert decision_uris(Decision("skip"), NEW, ROOT) == ()


@pytest.mark.parametrize(
    ("there", "name"),
    [
        ([], "testing"),
        (["testing"], "testing_2"),
        (["TESTING"], "testing_2"),
        (["testing", "testing_2", "Testing_3"], "testing_4"),
    ],
)
def test_a_taken_name_gets_a_number(there: list[str], name: str) -> None:
    taken = taken_among(f"{ROOT}/preferences/{n}" for n in there)
    changes = decision_changes(CREATE, NEW, [], ROOT, taken)
    assert changes.get(f"{ROOT}/preferences/{name}/content.md") is not None
    assert decision_uris(CREATE, NEW, ROOT, taken) == (f"viking://{ROOT}/preferences/{name}",)


def test_a_numbered_name_is_not_too_long() -> None:
    long = candidate("User likes tests.", name="x" * 64)
    taken = taken_among([f"{ROOT}/preferences/{'x' * 64}"])
    assert decision_uris(CREATE, long, ROOT, taken) == (f"viking://{ROOT}/preferences/{'x' * 62}_2",)


def test_the_record_says_what_why_and_from_where() -> None:
    merge = Decision("none", (Action(OLD.uri, "merge", "same topic"),), "a new fact on the same topic")
    record = decision_record(merge, NEW, [OLD], [OLD.uri], extractor="rules-1", decider="rules-1")
    assert json.loads(dump_json(record)) == {
        "decision": "none",
        "actions": [{"uri": OLD.uri, "action": "merge", "reason": "same topic", "score": 0.7123}],
        "uris": [OLD.uri],
        "candidate": {
            "category": "preferences", "name": "testing", "title": "Testing", "created_at": "2026-05-01T10:00:00Z",
            "fingerprint": fingerprint(NEW),
        },
        "score": 0.7123,
        "offered": [{"uri": OLD.uri, "score": 0.7123}],
        "reason": "a new fact on the same topic",
        "messages": [{"id": "msg_1", "quote": "User likes tests. (Said on 2026-05-01.)"}],
        "extractor": "rules-1",
        "decider": "rules-1",
        "prompt": None,
    }  # fmt: skip


def test_quotes_can_be_left_out() -> None:
    record = decision_record(CREATE, NEW, [], [], extractor="rules-1", decider="rules-1", quotes=False)
    assert record["messages"] == [{"id": "msg_1"}]
    assert record["score"] is None


def test_the_fingerprint_is_of_category_name_and_content() -> None:
    same = candidate("User likes tests. (Said on 2026-05-01.)", name="testing", at="2027-01-01T00:00:00Z")
    assert fingerprint(same) == fingerprint(NEW)
    assert fingerprint(candidate("User likes tests.", name="testing")) != fingerprint(NEW)
    assert fingerprint(candidate("User likes tests. (Said on 2026-05-01.)", name="tests")) != fingerprint(NEW)
