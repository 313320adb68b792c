"""Layers of containers: projections of what lies in them, and of nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viking_git.model.changes import Changes
from viking_git.model.layers import ABSTRACT_LIMIT, OVERVIEW_LIMIT
from viking_git.resources.containers import container_changes, container_layers, is_container
from viking_git.store.snapshot import Snapshot

MEMORIES = "user/ada/memories"


def memory(path: str, abstract: str) -> dict[str, str]:
    return {
        f"{path}/content.md": f"# T\n\n{abstract}\n",
        f"{path}/.abstract.md": f"{abstract}\n",
        f"{path}/.overview.md": f"# Title of {abstract}\n\n{abstract}\n\n- a fact\n",
    }


TREE = {
    **memory(f"{MEMORIES}/preferences/coding", "Likes tests."),
    **memory(f"{MEMORIES}/preferences/food", "Eats soup."),
    **memory(f"{MEMORIES}/preferences/travel", "Goes by train."),
    **memory(f"{MEMORIES}/profile/work", "Ada builds engines."),
    **memory(f"{MEMORIES}/events/2023/2023-05-01_move", "Moved to Bern."),
    **memory(f"{MEMORIES}/events/2024/2024-01-15_cat", "Got a cat."),
    **memory(f"{MEMORIES}/events/2024/2024-02-01_job", "Took a job."),
    "agent/bot/skills/release/SKILL.md": "x",
    "agent/bot/skills/release/.abstract.md": "How to release.\n",
    "resources/docs/a.md": "x",
    "resources/docs/.abstract.md": "The documents.\n",
    "session/ada/s1/history/archive_001/.abstract.md": "First talk.\n",
    "session/ada/s1/history/archive_002/.abstract.md": "Second talk.\n",
}


def settled(grow, files=None) -> Snapshot:
    tree = grow(TREE if files is None else files)
    return grow(container_changes(tree, TREE if files is None else files), tree)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("resources", True), ("user", True), ("agent", True), ("session", True), ("queue", False), ("", False),
        ("resources/docs", False), ("user/u", True), ("user/u/memories", True), ("user/u/notes", False),
        ("user/u/memories/preferences", True), ("user/u/memories/preferences/x", False), ("user/u/memories/new", True),
        ("user/u/memories/events/2024", True), ("user/u/memories/events/2024/2024-01-01_x", False),
        ("agent/a", True), ("agent/a/memories/cases", True), ("agent/a/skills", True), ("agent/a/skills/x", False),
        ("agent/a/instructions", True), ("agent/a/user", True), ("agent/a/user/u", True),
        ("agent/a/user/u/memories/cases", True), ("agent/a/user/u/memories/cases/x", False),
        ("session/s", True), ("session/s/id", True), ("session/s/id/history", False), ("viking.yaml", False),
    ],
)  # fmt: skip
def test_which_directories_are_containers(path: str, expected: bool) -> None:
    assert is_container(path) is expected


@pytest.mark.parametrize(
    ("path", "abstract"),
    [
        (f"{MEMORIES}/preferences", "3 preferences: coding, food, travel."),
        (f"{MEMORIES}/profile", "1 profile aspect: work."),
        (f"{MEMORIES}/events", "2 years of events: 2024, 2023."),
        (f"{MEMORIES}/events/2024", "2 events: 2024-02-01_job, 2024-01-15_cat."),
        (MEMORIES, "3 categories of memories: events, preferences, profile."),
        ("user/ada", "3 categories of memories: events, preferences, profile."),
        ("user", "1 user: ada."),
        ("agent", "1 agent: bot."),
        ("agent/bot", "1 part: skills."),
        ("agent/bot/skills", "1 skill: release."),
        ("resources", "1 resource: docs."),
        ("session", "1 space with sessions: ada."),
        ("session/ada", "1 session: s1."),
        ("session/ada/s1", "2 archives. Second talk."),
    ],
)
def test_abstracts(grow, path: str, abstract: str) -> None:
    assert settled(grow).read(f"{path}/.abstract.md").decode() == f"{abstract}\n"


def test_overview_of_a_category_lists_its_memories(grow) -> None:
    assert settled(grow).read(f"{MEMORIES}/preferences/.overview.md").decode() == (
        "# Preferences\n\n3 preferences: coding, food, travel.\n\n"
        "- [coding/](coding/) — Likes tests.\n- [food/](food/) — Eats soup.\n- [travel/](travel/) — Goes by train.\n"
    )


def test_overview_of_a_session_leads_to_its_archives(grow) -> None:
    overview = settled(grow).read("session/ada/s1/.overview.md").decode()
    assert overview.endswith(
        "- [history/archive_002/](history/archive_002/) — Second talk.\n"
        "- [history/archive_001/](history/archive_001/) — First talk.\n"
    )


def test_a_session_with_one_archive_says_what_it_says(grow) -> None:
    tree = settled(grow, {"session/ada/s1/history/archive_001/.abstract.md": "First talk.\n"})
    assert tree.read("session/ada/s1/.abstract.md") == b"First talk.\n"


def test_the_profile_leads_the_users_overviews(grow) -> None:
    tree = settled(grow)
    for path in ("user/ada", MEMORIES):
        assert tree.read(f"{path}/.overview.md").startswith(
            b"# Title of Ada builds engines.\n\nAda builds engines.\n\n- a fact"
        )
    assert b"engines" not in tree.read("user/.overview.md")


def test_a_large_profile_leaves_room_for_the_list(grow) -> None:
    files = dict(TREE)
    for number in range(30):
        files |= memory(f"{MEMORIES}/profile/a{number:02}", f"Aspect {number} {'word ' * 40}")
    overview = settled(grow, files).read(f"{MEMORIES}/.overview.md").decode()
    assert len(overview) <= OVERVIEW_LIMIT
    assert "(preferences/)" in overview
    assert "Ada builds engines" not in overview.partition("# Memories")[2]


def test_an_agents_memories_kept_apart_by_user(grow) -> None:
    base = "agent/bot/user/ada"
    tree = settled(grow, memory(f"{base}/memories/cases/disk", "Disk was full."))
    assert tree.read(f"{base}/memories/cases/.abstract.md") == b"1 case: disk.\n"
    assert tree.read(f"{base}/.abstract.md") == b"1 category of memories: cases.\n"
    assert tree.read("agent/bot/user/.abstract.md") == b"1 user: ada.\n"


def test_a_second_run_changes_nothing(grow) -> None:
    assert not container_changes(settled(grow), TREE)


def test_only_layers_are_written_and_only_where_they_differ(grow) -> None:
    tree = settled(grow)
    changed = grow({f"{MEMORIES}/preferences/food/.abstract.md": "Eats bread.\n"}, tree)
    changes = container_changes(changed, [f"{MEMORIES}/preferences/food/.abstract.md"])
    assert changes.paths() == {f"{MEMORIES}/preferences/.overview.md"}


def test_new_layers_of_deeper_containers_reach_the_higher_ones(grow) -> None:
    new = memory(f"{MEMORIES}/entities/rex", "Rex is a dog.")
    changed = grow(new, settled(grow))
    after = grow(container_changes(changed, new), changed)
    assert after.read("user/ada/.abstract.md") == b"4 categories of memories: entities, events, preferences, profile.\n"
    assert b"1 entity: rex." in after.read(f"{MEMORIES}/.overview.md")


def test_what_is_pending_is_known_already(grow) -> None:
    tree = settled(grow)
    pending = Changes(
        {path: data.encode() for path, data in memory(f"{MEMORIES}/entities/rex", "Rex is a dog.").items()}
    )
    pending.delete("agent/bot/skills/release")
    apart = container_changes(tree, pending.paths(), pending)
    applied = grow(pending, tree)
    assert not apart.paths() & pending.paths()
    assert grow(apart, applied).tree == grow(container_changes(applied, pending.paths()), applied).tree


def test_emptied_containers_go_but_the_scopes_stay(grow) -> None:
    tree = settled(grow)
    gone = Changes()
    for path in ("user/ada/memories/events/2023/2023-05-01_move", "agent/bot/skills/release", "session/ada/s1/history"):
        gone.delete(path)
    emptied = grow(gone, tree)
    after = grow(container_changes(emptied, gone.paths()), emptied)
    for path in (f"{MEMORIES}/events/2023", "agent/bot", "session/ada"):
        assert not after.exists(path), path
    assert after.read("agent/.abstract.md") == b"No agents yet.\n"
    assert after.read("session/.overview.md") == b"# Spaces with sessions\n\nNo sessions yet.\n"
    assert after.read(f"{MEMORIES}/events/.abstract.md") == b"1 year of events: 2024.\n"


def test_what_a_deleted_memory_leaves_goes_with_it(grow) -> None:
    tree = settled(grow, {**TREE, f"{MEMORIES}/preferences/food/.meta.json": "{}"})
    gone = Changes()
    gone.delete(f"{MEMORIES}/preferences/food/content.md")
    gone.delete(f"{MEMORIES}/preferences/food/.abstract.md")
    reverted = grow(gone, tree)
    after = grow(container_changes(reverted, gone.paths()), reverted)
    assert not after.exists(f"{MEMORIES}/preferences/food")
    assert after.read(f"{MEMORIES}/preferences/.abstract.md") == b"2 preferences: coding, travel.\n"
    assert not container_changes(after, gone.paths())


def test_a_container_with_relations_stays(grow) -> None:
    tree = settled(grow, {"agent/bot/.relations.json": '{"relations": []}\n'})
    assert tree.exists("agent/bot/.relations.json")


def test_an_empty_workspace_has_four_scopes(grow) -> None:
    tree = settled(grow, {})
    assert [entry.name for entry in tree.entries()] == ["agent", "resources", "session", "user"]
    assert tree.read("resources/.abstract.md") == b"No resources yet.\n"


def test_layers_depend_on_names_and_abstracts_alone(grow) -> None:
    tree = settled(grow)
    paths = [path for path in tree.directories() if is_container(path)]
    before = {path: container_layers(tree, path) for path in paths}
    changed = grow(
        {
            f"{MEMORIES}/preferences/food/content.md": "other",
            f"{MEMORIES}/preferences/food/.overview.md": "other",
            "resources/docs/b.md": "new",
            "session/ada/s1/history/archive_001/messages.jsonl": "{}",
            "user/ada/.meta.json": '{"any": 1}',
        },
        tree,
    )
    assert {path: container_layers(changed, path) for path in paths} == before


def test_renaming_a_container_keeps_its_layers(grow) -> None:
    here = settled(grow)
    there = settled(grow, {path.replace("/ada/", "/bob/"): data for path, data in TREE.items()})
    assert here.entry("user/ada").oid == there.entry("user/bob").oid
    assert here.entry("session/ada").oid == there.entry("session/bob").oid


def test_a_wide_container_reads_64_abstracts_and_counts_all(grow) -> None:
    files = {f"session/ada/s{number:04}/history/archive_001/.abstract.md": f"Talk {number}.\n" for number in range(500)}
    tree = settled(grow, files)
    overview = tree.read("session/ada/.overview.md").decode()
    assert "500 sessions" in overview
    assert overview.count("\n- [") == 64
    assert "- [s0499/](s0499/) — Talk 499." in overview
    assert "And 436 more." in overview
    reads: list[str] = []

    class Counting(Snapshot):
        def get(self, path: str):
            reads.append(path)
            return super().get(path)

    counted = Counting(tree._git, tree.tree)
    assert not container_changes(counted, ["session/ada/s0001/history/archive_001/.abstract.md"])
    assert len(reads) < 100
    assert not [path for path in reads if path.startswith("session/ada/s0003/history")]


ABSTRACT = st.text(max_size=400) | st.binary(max_size=50)


@settings(max_examples=60)
@given(
    children=st.dictionaries(st.text(alphabet="aé文._-[ ]1", min_size=1, max_size=64), ABSTRACT, max_size=20),
    profile=st.lists(st.text(max_size=4000), max_size=4),
)
def test_budgets_hold_whatever_lies_there(grow, children, profile) -> None:
    files: dict[str, str | bytes] = {
        f"{MEMORIES}/preferences/x{name}/.abstract.md": text for name, text in children.items()
    }
    files |= {f"{MEMORIES}/profile/p{number}/.overview.md": text for number, text in enumerate(profile)}
    tree = settled(grow, files)
    for path in filter(is_container, tree.directories()):
        abstract, overview = tree.read(f"{path}/.abstract.md").decode(), tree.read(f"{path}/.overview.md").decode()
        assert 1 < len(abstract) <= ABSTRACT_LIMIT + 1
        assert abstract.count("\n") == 1
        assert 1 < len(overview) <= OVERVIEW_LIMIT
