import pytest

from viking_git.retrieval import index as indexes
from viking_git.retrieval.find import find
from viking_git.retrieval.fuse import EXACT_WEIGHT
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.words import MOST_TERMS, exact_expression, extra_terms, parse_query

from .conftest import Tree

LINES = {
    "snake": "call parse_user_id before anything else",
    "kebab": "run pre-commit on every file",
    "version": "fixed in v1.24.3 of the library",
    "path": "see src/viking/store.py for the lock",
    "camel": "the method getUserName returns text",
    "error": "ModuleNotFoundError: No module named 'onnx'",
    "chinese": "我们使用数据库连接池",
    "japanese": "猫がソファで寝ている",
    "korean": "데이터베이스 연결이 끊어졌습니다",
    "accent": "Das Café hat geöffnet",
    "plain": "the user walked to the store before noon",
}


@pytest.fixture
def lines(index: SearchIndex, tree: Tree) -> SearchIndex:
    index.refresh(tree({f"resources/{name}.txt": text for name, text in LINES.items()}), tree())
    return index


def found(index: SearchIndex, rows: dict[int, float]) -> set[str]:
    return {record.path.removeprefix("resources/").removesuffix(".txt") for record in index.records(rows).values()}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("parse_user_id", "snake"), ("user_id", "snake"), ("pre-commit", "kebab"), ("commit", "kebab"),
        ("v1.24.3", "version"), ("1.24.3", "version"), ("src/viking/store.py", "path"), ("store.py", "path"),
        ("getUserName", "camel"), ("user name", "camel"), ("modulenotfounderror", "error"), ("ONNX", "error"),
        ("数据库", "chinese"), ("连接", "chinese"), ("池", "chinese"), ("ソファ", "japanese"), ("연결", "korean"),
        ("cafe", "accent"), ("walking", "plain"), ("users", "plain"),
    ],
)  # fmt: skip
def test_a_word_is_found_whole_and_in_parts(lines: SearchIndex, query: str, name: str) -> None:
    assert name in found(lines, lines.words(parse_query(query).match(), 20))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("parse_user_id", {"snake"}),
        ("user_id", {"snake"}),
        ("v1.24.3", {"version"}),
        ("src/viking/store.py", {"path"}),
        ("getUserName", {"camel"}),
        ('"No module named"', {"error"}),
        ("“数据库连接”", {"chinese"}),
        ("`on every file`", {"kebab"}),
        ("resources/path.txt", {"path"}),
        ("viking://resources/path.txt", {"path"}),
        ("parse-user-id_", set()),
        ("v1_24_3", set()),
    ],
)
def test_exact_is_to_the_letter(lines: SearchIndex, query: str, names: set[str]) -> None:
    parsed = parse_query(query)
    assert parsed.exact
    assert found(lines, lines.exact(parsed.exact, 20)) == names


def test_a_share_of_the_phrases_counts(lines: SearchIndex) -> None:
    shares = lines.exact(parse_query("v1.24.3 or getUserName").exact, 20)
    assert sorted(shares.values()) == [0.5, 0.5]


@pytest.mark.parametrize(
    ("query", "exact"),
    [
        ("where does self-care come in", ()),
        ("self-care", ("self-care",)),
        ('where does "self-care" come in', ("self-care",)),
        ("what is foo_bar", ("foo_bar",)),
        ("what happened on 2026-01-02", ("2026-01-02",)),
        ("who is Ann?", ()),
        ("sentence. Another one", ()),
        ("HTTP2 fails", ("HTTP2",)),
        ("a::b and c.d", ("a::b", "c.d")),
        ('"" empty', ()),
    ],
)
def test_what_is_an_identifier(query: str, exact: tuple[str, ...]) -> None:
    assert parse_query(query).exact == exact


def test_function_words_are_dropped_unless_there_is_nothing_else() -> None:
    assert parse_query("When did the cat sleep on it?").terms == ("cat", "sleep")
    assert parse_query("To be or not to be").terms == ("to", "be", "or", "not")


@pytest.mark.parametrize(
    "query", ["...", '"', "'; DROP TABLE units; --", "a AND", "NEAR(", "col:x*", "\0", "(((", "^a", "🦉"]
)
def test_no_query_breaks_the_syntax(lines: SearchIndex, query: str) -> None:
    parsed = parse_query(query)
    lines.words(parsed.match(), 20)
    for phrase in ("a", query):
        lines.words(exact_expression(phrase), 20)


def test_a_pasted_log_is_cut() -> None:
    parsed = parse_query(" ".join(f"word{n} x_{n}" for n in range(1000)))
    assert len(parsed.terms) == len(parsed.exact) == MOST_TERMS


def test_extra_terms() -> None:
    assert (
        extra_terms("getUserName of HTTPServer2 with snake_case and 東京都")
        == "get User Name HTTP Server 2 東 京 都 東京 京都"
    )
    assert extra_terms("plain Words only") == ""


def test_a_passage_is_looked_for_as_it_stands(lines: SearchIndex) -> None:
    assert parse_query("No module named 'onnx'").whole == "No module named 'onnx'"
    assert parse_query("module onnx").whole == ""
    hit = find(lines, "no module  named 'onnx'", explain=True)
    assert hit.hits[0].uri == "viking://resources/error.txt"
    assert hit.explanation is not None
    assert hit.explanation["hits"][0]["parts"]["exact"] == EXACT_WEIGHT
    none = find(lines, "a module named after onnx", explain=True).explanation
    assert none is not None
    assert none["candidates"]["exact"] == 0


def test_common_words_are_left_out_where_they_cost(
    index: SearchIndex, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {f"resources/{n}.txt": f"common frequent {'usual' if n % 3 else 'odd'} word{n}" for n in range(60)}
    index.refresh(tree(texts), tree())
    terms = parse_query("common frequent odd word7").terms
    assert index.telling(terms) == list(terms)
    before = find(index, "common frequent odd word7").hits[0].uri
    monkeypatch.setattr(indexes, "MANY_UNITS", 10)
    monkeypatch.setattr(indexes, "SCORED_ROWS", 25)
    assert index.telling(terms) == ["word7", "odd"]
    assert index.telling(["common", "frequent"]) == ["common", "frequent"], "two words at least"
    assert find(index, "common frequent odd word7").hits[0].uri == before
