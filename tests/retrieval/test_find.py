import json
from pathlib import Path

import pytest

from tests.helpers import git
from viking_git.errors import InvalidContent
from viking_git.retrieval.find import MATCH_LIMIT, find
from viking_git.retrieval.fuse import Ranking
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.results import Results
from viking_git.workspace import Workspace

from .conftest import Tree, memory_files, transcript

ARCHIVE = "session/default/trip/history/archive_001"
FILES: dict[str, str | bytes] = {
    **memory_files(
        "user/default/memories", "preferences", "Coding", "User prefers TypeScript over Java.",
        "TypeScript is used for every new service.", topic="coding",
    ),
    **memory_files("user/default/memories", "preferences", "Food", "User eats no meat.", topic="food"),
    **memory_files("user/ann/memories", "preferences", "Coding", "Ann prefers Rust.", topic="coding"),
    **memory_files("agent/default/memories", "cases", "Timeout", "The TypeScript build hung on a lock.", problem="t"),
    "user/default/memories/preferences/.abstract.md": "What the user prefers, by topic.\n",
    "user/default/memories/preferences/.overview.md": "- coding: User prefers TypeScript.\n- food: no meat.\n",
    "user/default/memories/preferences/coding/.meta.json": json.dumps(
        {"created_at": "2026-02-01T00:00:00Z", "updated_at": "2026-03-01T00:00:00Z", "stats": {"active_count": 3}}
    ),
    "agent/default/skills/deploy/SKILL.md": "# Deploy\n\nTypeScript services.\n",
    "resources/docs/.abstract.md": "The handbook.\n",
    "resources/docs/build.md": "# Build\n\nTypeScript is built.\n\n## Errors\n\nA TypeScript error stops it.\n",
    f"{ARCHIVE}/.abstract.md": "A talk about languages.\n",
    f"{ARCHIVE}/messages.jsonl": transcript(
        ("Ann", "2026-01-01T10:00:00Z", "I like TypeScript."), ("Ben", "2026-05-01T10:00:00Z", "TypeScript? So do I.")
    ),
}  # fmt: skip


@pytest.fixture
def store(index: SearchIndex, tree: Tree) -> SearchIndex:
    index.refresh(tree(FILES), tree())
    return index


def addresses(results: Results) -> list[str]:
    return [hit.address for hit in results.hits]


def test_one_hit_for_a_memory_a_message_a_file(store: SearchIndex) -> None:
    results = find(store, "TypeScript", limit=50)
    assert sum("memories/preferences/coding" in address and "default" in address for address in addresses(results)) == 1
    assert sum("build.md" in address for address in addresses(results)) == 1
    assert sum("messages.jsonl#msg_" in address for address in addresses(results)) == 2
    assert [hit.score for hit in results.hits] == sorted((hit.score for hit in results.hits), reverse=True)


def test_a_container_is_no_answer_unless_a_level_is_asked_for(store: SearchIndex) -> None:
    container = "viking://user/default/memories/preferences/"
    assert container not in addresses(find(store, "What the user prefers, by topic", limit=50))
    assert container in addresses(find(store, "What the user prefers, by topic", limit=50, level=0))


def test_a_folder_gives_way_to_what_it_holds(index: SearchIndex, tree: Tree) -> None:
    files = {"resources/a/.abstract.md": "Words about owls and more of them.\n", "resources/a/b/owl.txt": "An owl."}
    index.refresh(tree(files), tree())
    assert addresses(find(index, "owl")) == ["viking://resources/a/b/owl.txt#L1"]
    assert addresses(find(index, "words about more"))[0] == "viking://resources/a/"


def test_results_are_sorted_into_lists(store: SearchIndex) -> None:
    results = find(store, "TypeScript", limit=50)
    assert {hit.context_type for hit in results.memories} == {"memory", "session"}
    assert {hit.context_type for hit in results.resources} == {"resource"}
    assert [hit.uri for hit in results.skills] == ["viking://agent/default/skills/deploy/SKILL.md"]
    assert results.total == len(results.memories) + len(results.resources) + len(results.skills)
    assert results.degraded is None


def test_a_hit_in_json(store: SearchIndex) -> None:
    hit = find(store, "no meat", uris=["user/default"], level=2, limit=1).to_json()["memories"][0]
    assert 0.5 < hit.pop("score") <= 1
    assert hit == {
        "uri": "viking://user/default/memories/preferences/food/content.md",
        "fragment": "L8-L10",
        "context_type": "memory",
        "level": 2,
        "abstract": "User eats no meat.",
        "match": {"text": "# Food\n\nUser eats no meat.", "line_start": 8, "line_end": 10},
        "owner": "default",
        "updated_at": "2026-01-02T03:04:05Z",
        "status": "active",
    }
    message = find(store, "I like TypeScript", type="session", limit=1).to_json()["memories"][0]
    assert message["fragment"] == "msg_1"
    assert message["updated_at"] == "2026-01-01T10:00:00Z"
    assert message["abstract"] == "A talk about languages."
    directory = find(store, "handbook", type="resource", level=0, limit=1).to_json()["resources"][0]
    assert directory["uri"] == "viking://resources/docs/"
    assert (
        directory["fragment"]
        is directory["match"]["line_start"]
        is directory["owner"]
        is directory["updated_at"]
        is None
    )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"uris": ["user/ann"]}, {"user/ann"}),
        ({"uris": ["user/ann/", "/resources"]}, {"user/ann", "resources/docs"}),
        ({"uris": ["user/an"]}, set()),
        ({"uris": ["resources/docs/build.md"]}, {"resources/docs"}),
        ({"type": "skill"}, {"agent/default"}),
        ({"type": "session", "level": 2}, {"session/default"}),
        ({"category": "cases"}, {"agent/default"}),
        ({"owner": "ann"}, {"user/ann"}),
        ({"level": 0, "type": "resource"}, {"resources/docs"}),
        ({"since": "2026-03"}, {"user/default", "session/default"}),
        ({"since": "2026-03-02", "until": "2026-05"}, {"session/default"}),
        ({"until": "2026-01-01", "type": "session"}, {"session/default"}),
        ({"until": "2025"}, set()),
        ({"since": "2026-05-01T12:00:00+02:00"}, {"session/default"}),
        ({"since": "2026-05-01T12:00:01+02:00"}, set()),
    ],
)
def test_filters(store: SearchIndex, filters: dict[str, object], expected: set[str]) -> None:
    hits = find(store, "TypeScript Rust handbook", limit=50, **filters).hits
    assert {"/".join(hit.uri.removeprefix("viking://").split("/")[:2]) for hit in hits} == expected


def test_limit_and_threshold(store: SearchIndex) -> None:
    every = find(store, "TypeScript", limit=50)
    assert addresses(find(store, "TypeScript", limit=2)) == addresses(every)[:2]
    middle = every.hits[3].score
    assert addresses(find(store, "TypeScript", limit=50, threshold=middle)) == [
        hit.address for hit in every.hits if hit.score >= middle
    ]
    assert find(store, "TypeScript", threshold=1.01).total == 0


def test_an_identifier_or_a_quote_wins_over_meaning(index: SearchIndex, tree: Tree) -> None:
    many = {f"resources/code/{n}.md": f"How to parse the id of a user, way {n}: parse, user, id.\n" for n in range(30)}
    files = {**many, "resources/code/odd.txt": "Long text about other things. " * 20 + "Then parse_user_id is called."}
    index.refresh(tree(files), tree())
    assert find(index, "how do I parse_user_id of a user").hits[0].uri == "viking://resources/code/odd.txt"
    assert find(index, '"about other things" parse user id').hits[0].uri == "viking://resources/code/odd.txt"


def test_a_date_or_a_speaker_is_a_word(store: SearchIndex) -> None:
    assert addresses(find(store, "what did Ben say in May", limit=1)) == [f"viking://{ARCHIVE}/messages.jsonl#msg_2"]
    assert addresses(find(store, "2026-01-01 TypeScript", limit=1)) == [f"viking://{ARCHIVE}/messages.jsonl#msg_1"]


def test_long_matches_are_cut(index: SearchIndex, tree: Tree) -> None:
    index.refresh(tree({"resources/a/.abstract.md": "Short.\n", "resources/a/.overview.md": "word " * 700}), tree())
    hit = find(index, "word", level=1).hits[0]
    assert len(hit.match.text) == MATCH_LIMIT
    assert hit.match.text.endswith("…")


def test_equal_scores_have_one_order(index: SearchIndex, tree: Tree) -> None:
    index.refresh(tree({f"resources/{name}.txt": "same words" for name in "dbca"}), tree())
    assert [hit.uri[-5:] for hit in find(index, "same words").hits] == ["a.txt", "b.txt", "c.txt", "d.txt"]


def test_an_empty_store_finds_nothing(index: SearchIndex, tree: Tree) -> None:
    index.refresh(tree(), tree())
    assert find(index, "anything").to_json() == {
        "memories": [],
        "resources": [],
        "skills": [],
        "total": 0,
        "degraded": None,
    }


@pytest.mark.parametrize(
    ("query", "filters", "message"),
    [
        (" \n", {}, "an empty query"),
        ("x", {"type": "memories"}, "unknown type 'memories'"),
        ("x", {"since": "yesterday"}, "not a time: 'yesterday'"),
    ],
)
def test_bad_input(store: SearchIndex, query: str, filters: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidContent, match=message):
        find(store, query, **filters)


def test_a_superseded_memory_steps_back_behind_what_took_its_place(index: SearchIndex, tree: Tree) -> None:
    old = memory_files("user/a/memories", "preferences", "Editor", "User edits with vim and vim only.", topic="editor")
    new = memory_files("user/a/memories", "preferences", "Newer", "User edits with vim.", topic="newer")
    path = "user/a/memories/preferences/editor/content.md"
    old[path] = old[path].replace("status: active", "status: superseded")
    assert "superseded" in old[path]
    index.refresh(tree({**old, **new}), tree())
    results = find(index, "edits with vim only")
    assert [hit.record.name for hit in results.hits] == ["newer", "editor"]
    assert results.hits[1].to_json()["status"] == "superseded"


def test_an_explanation_adds_up_and_names_the_filter(store: SearchIndex) -> None:
    found = find(store, "TypeScript build.md", limit=2, type="resource", threshold=0.2, explain=True).explanation
    assert found is not None
    for shown in found["hits"]:
        assert sum(shown["parts"].values()) == pytest.approx(shown["score"], abs=2e-4)
    reasons = {one["why"] for one in found["left_out"]}
    assert "filtered: type" in reasons
    assert any(reason.startswith("below the threshold") for reason in reasons)
    assert found["query"]["exact"] == ["TypeScript", "build.md"]
    assert found["units"]["pass"] < found["units"]["all"]


def test_ways_to_rank_are_options(index: SearchIndex, tree: Tree) -> None:
    files = {
        "resources/birds/.abstract.md": "Owls and other birds.\n",
        "resources/birds/a.txt": "They sleep by day.",
        "resources/tools/.abstract.md": "Hammers.\n",
        "resources/tools/b.txt": "An owl sits on the hammer, owl, owl.",
    }
    index.refresh(tree(files), tree())
    assert find(index, "owls and birds", level=2).hits[0].uri.endswith("b.txt")
    deep = find(index, "owls and birds", level=2, ranking=Ranking(drill_down=1)).hits
    assert [hit.uri for hit in deep] == ["viking://resources/birds/a.txt"]
    flat = {hit.uri: hit.score for hit in find(index, "owls and birds", level=2).hits}
    half = {hit.uri: hit.score for hit in find(index, "owls and birds", level=2, ranking=Ranking(propagation=0.5)).hits}
    assert half["viking://resources/birds/a.txt"] > flat["viking://resources/birds/a.txt"]
    assert half["viking://resources/tools/b.txt"] < flat["viking://resources/tools/b.txt"]


def test_policy_turns_a_way_to_rank_on(tmp_path: Path) -> None:
    with Workspace.init(tmp_path / "w")[0] as workspace:
        (tmp_path / "w/viking.yaml").write_text("index:\n  propagation: 0.25\n  hotness: 0.5\n")
        git(tmp_path / "w", "commit", "-qam", "edit: rank")
    with Workspace.open(tmp_path / "w") as workspace:
        found = workspace.find("nothing", explain=True).explanation
        assert found is not None
        assert (found["ranking"]["propagation"], found["ranking"]["hotness"]) == (0.25, 0.5)
        assert found["ranking"]["now"][:4] >= "2024", "the commit date of the tip"
