import json

import pytest

from viking_git.errors import InvalidContent
from viking_git.retrieval.context import Context, assemble
from viking_git.retrieval.index import SearchIndex, estimated_tokens

from .conftest import Tree, memory_files, transcript

FILES: dict[str, str | bytes] = {
    **memory_files("user/me/memories", "preferences", "Coding", "User prefers TypeScript.", "Since 2019.", topic="c"),
    **memory_files("user/ann/memories", "preferences", "Coding", "Ann prefers TypeScript too.", topic="c"),
    **memory_files("user/ann/memories", "profile", "Work", "Ann writes TypeScript at work.", aspect="work"),
    **memory_files("user/ann/memories", "entities", "Acme", "Acme is a TypeScript shop.", kind="company"),
    "resources/docs/.abstract.md": "The handbook.\n",
    "resources/docs/build.md": "# Build\n\nTypeScript is built here.\n\n## More\n\n" + "A TypeScript error. " * 90,
    "resources/docs/copy.md": "# Build\n\nTypeScript is built here.\n",
    "session/me/trip/history/archive_001/messages.jsonl": transcript(
        ("Ann", "2026-01-01T10:00:00Z", "I like TypeScript."), ("Ben", "2026-05-01T10:00:00Z", "TypeScript? So do I.")
    ),
}


@pytest.fixture
def store(index: SearchIndex, tree: Tree) -> SearchIndex:
    index.refresh(tree(FILES), tree())
    return index


def about(store: SearchIndex, budget: int = 2_000, form: str = "markdown", **options: object) -> Context:
    return assemble(store, "TypeScript", budget, "me", form, options)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["markdown", "json"])
@pytest.mark.parametrize("budget", [1, 10, 25, 40, 60, 100, 150, 300, 1_000])
def test_never_over_the_budget(store: SearchIndex, budget: int, form: str) -> None:
    found = about(store, budget, form)
    if found.fragments:
        assert found.tokens == store.count_tokens(found.render()) <= budget
    if budget >= 60:
        assert found.fragments
    if form == "json":
        assert json.loads(found.render())["budget"] == budget


def test_best_first_and_nothing_twice(store: SearchIndex) -> None:
    found = about(store)
    scores = [fragment.score for fragment in found.fragments]
    assert scores == sorted(scores, reverse=True)
    texts = [fragment.text for fragment in found.fragments]
    assert sum("TypeScript is built here." in text for text in texts) == 1
    assert sum("User prefers TypeScript." in text for text in texts) == 1
    assert sum(text.count("The handbook.") for text in [found.render()]) == 1


def test_what_is_contested_says_so(index: SearchIndex, tree: Tree) -> None:
    files = memory_files("user/me/memories", "entities", "Alice", "Alice lives in Oslo.", "Or in Rome.", kind="person")
    name = next(name for name in files if name.endswith("content.md"))
    index.refresh(tree(files | {name: files[name].replace("status: active", "status: contested")}), tree())
    found = assemble(index, "Alice", 500, "me")
    assert [fragment.contested for fragment in found.fragments] == [True]
    assert "(2026-01-02, contested)\n" in found.render()
    assert assemble(index, "Alice", 500, "me", "json").fragments[0].to_json()["contested"] is True


def test_a_fragment_says_where_when_and_who(store: SearchIndex) -> None:
    text = about(store).render()
    assert "### viking://session/me/trip/history/archive_001/messages.jsonl#msg_2 (2026-05-01)\n" in text
    assert "Ben (1 May 2026): TypeScript? So do I." in text
    assert "> The handbook.\n" in text


def test_profile_and_preferences_of_others_stay_out(store: SearchIndex) -> None:
    text = about(store).render()
    assert "User prefers TypeScript." in text
    assert "Acme is a TypeScript shop." in text
    assert "Ann prefers" not in text
    assert "Ann writes" not in text


def test_filters_hold(store: SearchIndex) -> None:
    assert {fragment.uri.split("/")[2] for fragment in about(store, uris=["resources"]).fragments} == {"resources"}


def test_a_small_budget_holds_the_beginning_of_the_best(index: SearchIndex, tree: Tree) -> None:
    index.refresh(tree({"resources/long.txt": "needle " * 120}), tree())
    (only,) = assemble(index, "needle", 100, "me").fragments
    assert only.text.endswith(" …")
    assert assemble(index, "needle", 12, "me").fragments == ()


@pytest.mark.parametrize(("query", "budget"), [(" ", 100), ("x", 0)])
def test_bad_input(store: SearchIndex, query: str, budget: int) -> None:
    with pytest.raises(InvalidContent):
        assemble(store, query, budget, "me")


def test_an_estimate_is_rather_too_high() -> None:
    assert estimated_tokens("") == 0
    assert estimated_tokens("word") == 1
    assert estimated_tokens("words") == 2
    assert estimated_tokens("数据库") == 3


def test_the_row_that_answers_is_in_what_is_printed_however_small_the_budget(index: SearchIndex, tree: Tree) -> None:
    rows = "\n".join(f"| host{n:02} | rack {n} | {'spare ' * 5}|" for n in range(60))
    rows = rows.replace("| host41 | rack 41 |", "| host41 | zebracorn |")
    index.refresh(tree({"resources/hosts.md": f"# Hosts\n\n| name | place | use |\n|---|---|---|\n{rows}\n"}), tree())
    for budget in (60, 90, 150, 400, 2_000):
        found = assemble(index, "which host is the zebracorn", budget, "ada")
        assert "| host41 | zebracorn |" in found.render(), budget
        assert found.tokens <= budget
    assert "| name | place | use |\n|---|---|---|\n| host" in assemble(index, "zebracorn", 2_000, "ada").render()
