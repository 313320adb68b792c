"""YAML of strangers: what expands is refused before it does."""

import pytest
import yaml

from viking_git.config import load_policy
from viking_git.errors import InvalidContent
from viking_git.model.frontmatter import split_front_matter
from viking_git.model.policymerge import merge_policy
from viking_git.model.searchtests import load_tests
from viking_git.plainyaml import PlainDumper, read_yaml

LAUGHS = "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
MERGES = "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 12))
ITSELF = "a: &a\n  - *a\n"


@pytest.mark.parametrize("text", [LAUGHS, MERGES, ITSELF, "<<: {trunk: other}\n", "trunk: &t main\n"])
def test_nothing_is_expanded(text: str) -> None:
    with pytest.raises(yaml.MarkedYAMLError, match=r"anchors and aliases|merge keys"):
        read_yaml(text)
    with pytest.raises(InvalidContent, match=r"anchors and aliases|merge keys"):
        load_policy(text.encode())
    with pytest.raises(InvalidContent, match=r"anchors and aliases|merge keys"):
        split_front_matter(f"---\n{text}---\nx\n")
    assert merge_policy("trunk: main\n", text, "trunk: main\nversion: 1\n") is None


def test_questions_have_none_either() -> None:
    with pytest.raises(InvalidContent, match="line 2: anchors and aliases"):
        load_tests(b"tests:\n  - query: &q x\n    expect: [*q]\n")


def test_an_asterisk_and_an_ampersand_in_text_are_text() -> None:
    assert read_yaml("a: x & y\nb: '*'\nc: 2 * 3\n") == {"a": "x & y", "b": "*", "c": "2 * 3"}


def test_a_value_in_two_places_is_written_twice() -> None:
    value = ["x"]
    assert yaml.dump({"a": value, "b": value}, Dumper=PlainDumper) == "a:\n- x\nb:\n- x\n"
