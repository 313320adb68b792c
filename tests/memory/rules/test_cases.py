import pytest

from tests.memory.making import message, tool
from viking_git.memory.rules import RulesExtractor
from viking_git.model.memory import Candidate
from viking_git.model.messages import Message

OUTPUT = "FAILED tests/test_api.py::test_login - KeyError: 'user'\nE   KeyError: 'user'\n1 failed, 3 passed"
FAILS = tool("pytest -q tests", OUTPUT, 1, status="error")
PASSES = tool("pytest -q tests", "4 passed", 4)
CAUSE = message("The root cause is that the session has no user before login.", 2, role="assistant")
FIX = message("I added a default user to the session fixture.", 3, role="assistant")


def solved(*messages: Message) -> list[Candidate]:
    return [c for c in RulesExtractor().extract(messages) if c.category == "cases"]


def test_a_failing_test_explained_fixed_and_passing() -> None:
    (case,) = solved(FAILS, CAUSE, FIX, PASSES)
    assert case.name == "test_login"
    assert case.title == "test_login: KeyError"
    assert case.abstract == "test_login: KeyError: 'user'. Fix: Added a default user to the session fixture."
    assert dict(case.fields) == {"problem": "test_login: KeyError: 'user'"}
    assert case.memory().paragraphs() == [
        "Problem: `pytest -q tests` failed: test_login: KeyError: 'user'",
        "The root cause is that the session has no user before login.",
        "Added a default user to the session fixture.",
        "`pytest -q tests` passes.",
    ]
    assert [quote.message_id for quote in case.quotes] == ["msg_1", "msg_2", "msg_3"]


def test_the_user_tells_of_an_error_and_of_its_end() -> None:
    told = message("The server crashes at start with ValueError: port must be an integer.", 1)
    cause = message("It fails because the port comes from the environment as text.", 2, role="assistant")
    (case,) = solved(told, cause, message("Perfect, that fixed it!", 3))
    assert case.abstract.startswith("ValueError: port must be an integer. It fails because the port")
    assert case.memory().paragraphs()[-1] == 'The user confirmed: "Perfect, that fixed it!"'


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param((FAILS, FIX), id="no proof"),
        pytest.param((FAILS, PASSES), id="no explanation"),
        pytest.param((FAILS, CAUSE, tool("ls", "a b", 4)), id="another command"),
        pytest.param((FAILS, CAUSE, FAILS), id="fails again"),
        pytest.param((FAILS, CAUSE, message("That fixed nothing, it still fails.", 4)), id="denied"),
        pytest.param((FAILS, CAUSE, message("Does it work? That fixed it?", 4)), id="asked"),
        pytest.param((CAUSE, FIX, PASSES), id="nothing failed"),
        pytest.param((tool("ls", "no error here", 1), CAUSE, FIX, PASSES), id="nothing failed in the output"),
    ],
)
def test_silence_without_failure_explanation_and_proof(messages: tuple[Message, ...]) -> None:
    assert solved(*messages) == []


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        (
            "src/a.ts(3,5): error TS2345: Argument of type 'x' is not assignable.",
            "error TS2345: Argument of type 'x' is not assignable.",
        ),
        (
            "thread 'main' panicked\nerror[E0382]: borrow of moved value: `x`",
            "error[E0382]: borrow of moved value: `x`",
        ),
        ("Error: connect ECONNREFUSED 127.0.0.1:5432", "ECONNREFUSED 127.0.0.1:5432"),
        ("bash: foo: command not found", "command not found"),
        ("java.lang.IllegalStateException: no bean", "IllegalStateException: no bean"),
    ],
)
def test_errors_of_many_tools(output: str, problem: str) -> None:
    (case,) = solved(tool("make all", output, 1, status="error"), CAUSE, FIX, tool("make all", "ok", 4))
    assert case.fields["problem"] == problem
