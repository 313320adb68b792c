"""viking-tests.yaml: what is read, what is refused with its line, and what a new test leaves as it was."""

import pytest

from viking_git.errors import Exists, InvalidContent
from viking_git.model.searchtests import SearchTest, load_tests, with_test

FILE = b"""\
# ours
floor: 0.5
tests:
  - query: 42
    expect: [viking://resources/a.md]  # why
  - query: tea
    forbid:
      - viking://user/
    options: {since: 2026-11-02, level: 1, threshold: 0.5, limit: 3}

# the end
"""
NEW = SearchTest("how: do\nwe #1", ("viking://resources/b/",), (), {"limit": 10, "uris": ["viking://resources/"]})


def test_scalars_are_read_as_they_stand() -> None:
    found = load_tests(FILE)
    assert found.floor == 0.5
    assert [(test.query, test.line) for test in found.tests] == [("42", 4), ("tea", 6)]
    assert found.tests[0].options == {"limit": 10}
    assert found.tests[1].options == {"limit": 3, "since": "2026-11-02", "level": 1, "threshold": 0.5}
    assert load_tests(b"").tests == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tests:\n  - query: a\n    expekt: [x]\n", "line 3: Object contains unknown field"),
        ("tests:\n  - query: a\n    expect: x\n", "line 3: Expected `array`"),
        ("tests:\n  - query: a\n    options:\n      limit: 0\n", "line 4: Expected `int` >= 1"),
        ("tests:\n  - expect: [viking://user/]\n", "line 2: Object missing required field `query`"),
        ("tests:\n\n  - query: a\n", "line 3: a test has expect, forbid or both"),
        ("tests:\n  - query: ' '\n    expect: [viking://user/]\n", "line 2: an empty query"),
        ("tests:\n  - query: a\n    expect: [resources/x]\n", "line 2: not a viking URI"),
        ("tests:\n  - query: a\n    expect: [viking://queue/]\n", "line 2: nothing is found at"),
        ("tests:\n  - query: [\n", "line 3: "),
        ("floor: 2\n", "line 1: Expected `float` <= 1"),
        ("[]\n", "line 1: Expected `object`"),
        ("? [a]\n: b\n", "line 1: keys are words"),
        ("tests: &a [*a]\n", "line 1: "),
        ("a: 1\n--- b\n", "line 2: "),
    ],
)
def test_what_is_no_list_of_tests_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(InvalidContent) as refused:
        load_tests(text.encode())
    assert f"viking-tests.yaml, {said}" in refused.value.message


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(InvalidContent, match="line 1"):
        load_tests(b"tests: \xff\n")


def test_a_new_test_goes_to_the_end_of_the_list_and_the_rest_stays() -> None:
    new = with_test(FILE, NEW)
    added = [line for line in new.splitlines() if line not in FILE.splitlines()]
    assert new.startswith(FILE.partition(b"\n# the end")[0])
    assert new.endswith(b"\n# the end\n")
    assert b"  - query: 'how: do" in added
    last = load_tests(new).tests[-1]
    assert (last.query, last.expect, last.options) == (NEW.query, NEW.expect, NEW.options)


@pytest.mark.parametrize(
    "text",
    ["", "# only words\n", "floor: 0.5\n", "floor: 0.5\ntests: []\n", "tests:\n",
     "tests:\n- query: a\n  expect: [viking://user/]\nfloor: 0.3"],
)  # fmt: skip
def test_a_list_begins_wherever_one_can(text: str) -> None:
    once = with_test(text.encode(), NEW)
    twice = load_tests(with_test(once, SearchTest("b", ("viking://user/",), (), {"limit": 10})))
    assert [test.query for test in twice.tests][-2:] == [NEW.query, "b"]
    assert twice.floor == load_tests(text.encode()).floor


def test_the_same_question_twice_and_a_list_in_one_line() -> None:
    with pytest.raises(Exists, match=r"line 2: asks this already"):
        with_test(with_test(b"tests:\n", NEW), NEW)
    with pytest.raises(InvalidContent, match="cannot add"):
        with_test(b"tests: [{query: a, expect: ['viking://user/']}]\n", NEW)
