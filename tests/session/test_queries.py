import pytest

from viking_git.session.queries import MOST_QUERIES, typed_queries

SAID = ["We moved the billing service to PostgreSQL.", "The billing migration took two hours."]


@pytest.mark.parametrize(
    "query", ["how do I undo it", "what did we decide about my invoices", "write our notes", "pytest", "a b c d e"]
)
@pytest.mark.parametrize("said", [[], SAID])
def test_at_most_five_the_most_important_first(query: str, said: list[str]) -> None:
    queries = typed_queries(query, said)
    assert 1 <= len(queries) <= MOST_QUERIES
    assert queries[0].query == query
    assert [one.priority for one in queries] == sorted(one.priority for one in queries)
    assert all(one.context_type in {None, "memory", "resource", "skill"} for one in queries)


def test_what_was_said_is_added_and_weighs_more_where_the_question_points_back() -> None:
    plain = {one.query: one.priority for one in typed_queries("invoices of last year", SAID)}
    pointing = typed_queries("how long did it take", SAID)
    (full,) = [query for query in plain if "billing" in query]
    assert plain[full] > 1
    assert min(one.priority for one in pointing if "billing" in one.query) == 1


def test_kinds_of_answers_follow_from_the_form_of_the_question() -> None:
    kinds = {one.context_type for one in typed_queries("how do we deploy", [])}
    assert kinds == {None, "memory", "skill", "resource"}
    assert {one.context_type for one in typed_queries("architecture overview", [])} == {None, "resource"}
