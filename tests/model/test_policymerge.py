"""Merging ``viking.yaml`` by key: both sides' settings hold, comments stay, the sides can be swapped."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from viking_git.model.policymerge import merge_policy
from viking_git.plainyaml import PlainDumper

BASE = """\
# The policy of this workspace.
version: 1

# The branch that memories land on.
trunk: main

spaces:
  user: default
  agent: default

sessions:
  # private or tracked
  transcripts: private
  review: false
"""


def merge(base: str, ours: str, theirs: str) -> tuple[str, bool]:
    merged = merge_policy(base, ours, theirs)
    assert merged is not None
    assert merge_policy(base, theirs, ours) == merged
    assert merge_policy(theirs, merged[0], theirs) == (merged[0], False)
    return merged


def test_other_lines_merge_as_lines() -> None:
    ours, theirs = BASE.replace("main", "trunk"), BASE.replace("review: false", "review: true  # ask me")
    assert merge(BASE, ours, theirs) == (ours.replace("review: false", "review: true  # ask me"), False)


def test_neighbouring_keys_merge_and_comments_stay() -> None:
    ours = BASE.replace("transcripts: private", "transcripts: tracked")
    theirs = BASE.replace("review: false", "review: true\n  # six stay\n  keep_recent: 6")
    text, contested = merge(BASE, ours, theirs)
    assert text == ours.replace("review: false", "review: true\n  # six stay\n  keep_recent: 6")
    assert not contested


def test_sections_that_both_added_are_put_together() -> None:
    ours, theirs = f"{BASE}\nindex:\n  backend: flat\n", f"{BASE}\nindex:\n  hotness: 0.5\n"
    text, contested = merge(BASE, ours, theirs)
    assert yaml.safe_load(text)["index"] == {"backend": "flat", "hotness": 0.5}
    assert text.startswith(BASE)
    assert not contested


def test_two_values_of_a_key_are_contested_and_both_readable() -> None:
    text, contested = merge(BASE, BASE.replace("main", "trunk"), BASE.replace("main", "memory"))
    assert contested
    assert yaml.safe_load(text)["trunk"] == "memory"
    assert '# contested: another branch says trunk: "trunk"\ntrunk: memory\n' in text
    assert merge(BASE, text, BASE.replace("main", "trunk"))[0].count("contested:") == 1


def test_lists_merge_by_item() -> None:
    base = f"{BASE}checks:\n  allow_paths: [a]\n"
    text, contested = merge(base, base.replace("[a]", "[a, b]"), base.replace("[a]", "[a, c]"))
    assert yaml.safe_load(text)["checks"] == {"allow_paths": ["a", "b", "c"]}
    assert not contested


def test_a_deleted_key_is_gone_unless_the_other_side_changed_it() -> None:
    without = BASE.replace("  # private or tracked\n  transcripts: private\n", "")
    assert merge(BASE, without, BASE.replace("review: false", "review: true"))[0] == without.replace("false", "true")
    tracked = BASE.replace("transcripts: private", "transcripts: tracked")
    assert yaml.safe_load(merge(BASE, without, tracked)[0])["sessions"]["transcripts"] == "tracked"


def test_what_cannot_be_taken_apart_by_lines_is_written_anew() -> None:
    flow = "{version: 1, trunk: main}\n"
    text, contested = merge(flow, "{version: 1, trunk: a}\n", "{version: 1, trunk: main, spaces: {user: b}}\n")
    assert yaml.safe_load(text) == {"version": 1, "trunk": "a", "spaces": {"user": "b"}}
    assert not contested


@pytest.mark.parametrize(
    "broken", ["- a\n", "a: [\n", "text\n", "a: 2020-13-45\n", f"a: {'9' * 5000}\n", "a: !!bool x\n", "a: &a [*a]\n"]
)
def test_what_is_no_mapping_is_not_merged(broken: str) -> None:
    assert merge_policy(BASE, broken, BASE) is None
    assert merge_policy(BASE, BASE, broken) is None


VALUES = st.sampled_from(["a", "b", 1, True, [1], [1, 2], {"x": 1}, {"x": 2, "y": 1}])
POLICIES = st.dictionaries(st.sampled_from(["k", "l", "m"]), VALUES)


@settings(max_examples=50)
@given(POLICIES, POLICIES, POLICIES)
def test_any_two_policies(base: dict[str, object], ours: dict[str, object], theirs: dict[str, object]) -> None:
    texts = [yaml.dump(policy, Dumper=PlainDumper, sort_keys=False) for policy in (base, ours, theirs)]
    text, _ = merge(*texts)
    found = yaml.safe_load(text) or {}
    for key in {*base, *ours, *theirs}:
        one, other = ours.get(key), theirs.get(key)
        if one == other or other == base.get(key):
            assert found.get(key) == one
        if key in ours and key not in base and key in theirs:
            assert key in found
