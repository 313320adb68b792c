"""Plain statements that still hold tomorrow become memories; what only passes, and small talk, becomes none.

Of these tables, written before the rules were, 4 of 30 statements gave a memory then, and 1 of 30 remarks.
"""

import pytest

from tests.memory.making import message
from viking_git.memory.rules import RulesExtractor

STATED = """We ship on Fridays.
I'm Vera, I work on the billing team.
My name is Vera.
Our API runs on port 8080.
The build needs Node 20.
We deploy every Tuesday morning.
Standup is at 9:30 every day.
Our staging server lives in Frankfurt.
The database is Postgres 15.
I'm on the platform team.
I'm the tech lead of the payments team.
We have a code freeze every December.
The frontend is written in Svelte.
Our tests run in GitHub Actions.
Releases are cut from the release branch.
The worker listens on port 9000.
We review every pull request with two people.
The docs live in docs/handbook.
Our monorepo uses pnpm workspaces.
The API requires a bearer token.
Production runs on Kubernetes 1.29.
I maintain the mobile app.
We never deploy on Fridays.
Our sprints last two weeks.
The CLI supports Python 3.11 and newer.
My manager is Tomas.
Everybody calls me Vee.
We use trunk-based development.
The cron job runs at 3 am.
I'm Jonas from the infrastructure team.
""".splitlines()

REMARKED = """We laughed a lot.
I'm tired.
I'm Batman lol
We went home.
The tests pass now.
We need to fix this.
The build is broken again.
It runs on my machine.
Our API is so slow today.
I'm working on it.
I'm on it.
The server is down.
We should ship on Friday.
We have a problem.
My laptop runs hot.
The build needs to be fixed.
Can you run it on port 8080?
I work too much.
We use it a lot.
The page needs some love.
I'm in a meeting.
I'm Team Coffee all the way!
We had a good laugh on Friday.
The weather is lovely today.
My name is mud after that deploy.
Our lunch was great.
The script requires your attention.
We meet in five minutes.
I'm from the future, obviously.
The meeting takes forever.
""".splitlines()

PASSING = """I run the tests before lunch.
The build is at 90%.
The API needs 3 more endpoints.
The bug is in UserService.
The API returns 404 for unknown users.
The server needs a restart.
The app requires a rewrite.
The release is in progress.
Production is down since 9:30.
The test uses the wrong port.
We use this trick in the parser.
We run it every time.
If the build needs Node 20, tell me.
Maybe our API runs on port 8080.
The deploy fails on Fridays.
I'm German, I like the release plan.""".splitlines()

KEPT = [
    ("We ship on Fridays.", "preferences/work", "User's team ships on Fridays."),
    ("We have a code freeze every December.", "preferences/coding",
     "User's team has a code freeze every December."),
    ("Our API runs on port 8080.", "entities/api", "User's API runs on port 8080."),
    ("The build needs Node 20.", "entities/build", "The build needs Node 20."),
    ("The docs live in docs/handbook.", "entities/docs", "The docs live in docs/handbook."),
    ("Our sprints last two weeks.", "preferences/work", "User's sprints last two weeks."),
    ("My manager is Tomas.", "entities/tomas", "User's manager is Tomas."),
    ("Everybody calls me Vee.", "profile/name", "User's name is Vee."),
    ("I'm on the platform team.", "profile/work", "User is on the platform team."),
]  # fmt: skip


def told(text: str) -> list[tuple[str, str]]:
    return [(c.memory().path, c.abstract) for c in RulesExtractor().extract([message(text)])]


@pytest.mark.parametrize("text", STATED)
def test_a_plain_statement_is_kept(text: str) -> None:
    assert told(text)


@pytest.mark.parametrize("text", [*REMARKED, *PASSING])
def test_small_talk_and_what_passes_is_not(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(("text", "path", "abstract"), KEPT)
def test_where_and_how_it_is_kept(text: str, path: str, abstract: str) -> None:
    assert told(text) == [(path, abstract)]


@pytest.mark.parametrize("text", ["I'm Vera, I work on the billing team.", "I'm Jonas from the infrastructure team."])
def test_who_introduces_themselves_has_a_name_and_work(text: str) -> None:
    assert [path for path, _ in told(text)] == ["profile/name", "profile/work"]


def test_a_chat_of_several_people_is_left_to_the_other_rules() -> None:
    talk = [message("Our API runs on port 8080.", 1, speaker="Nora"), message("We ship on Fridays.", 2, speaker="Liv")]
    assert RulesExtractor().extract(talk) == []
