"""What the rules make of single sentences: one row each, and everything they must keep silent about."""

import pytest

from tests.memory.making import message
from viking_git.memory.rules import RulesExtractor

KEPT = [
    # preferences, by topic
    ("I prefer tabs over spaces.", "preferences/coding", "User prefers tabs over spaces."),
    ("I really like short functions.", "preferences/coding", "User really likes short functions."),
    ("I hate long meetings.", "preferences/communication", "User hates long meetings."),
    ("I always squash before merging.", "preferences/git", "User always squashes before merging."),
    ("I never use semicolons in JS.", "preferences/coding", "User never uses semicolons in JS."),
    ("My favorite editor is Helix.", "preferences/tooling", "User's favorite editor is Helix."),
    ("I'm a fan of functional programming.", "preferences/coding", "User is a fan of functional programming."),
    ("I use Neovim for everything.", "preferences/tooling", "User uses Neovim for everything."),
    ("I prefer not to use ORMs.", "preferences/coding", "User prefers not to use ORMs."),
    ("I like my coffee black.", "preferences/food", "User likes their coffee black."),
    # orders, house rules, requests to remember
    ("please always run the linter before you commit", "preferences/git",
     "User asks to always run the linter before the agent commits."),
    ("Never push directly to main.", "preferences/git", "User asks to never push directly to main."),
    ("From now on, use conventional commits.", "preferences/git", "User asks to use conventional commits."),
    ("Don't mock the database in tests.", "preferences/testing", "User asks not to mock the database in tests."),
    ("use uv instead of pip", "preferences/tooling", "User asks to use uv instead of pip."),
    ("Please keep your answers short.", "preferences/communication", "User asks to keep answers short."),
    ("No emojis in commit messages, please.", "preferences/git", "User wants no emojis in commit messages."),
    ("I want you to always explain before editing.", "preferences/communication",
     "User asks to always explain before editing."),
    ("You should never commit secrets.", "preferences/git", "User asks to never commit secrets."),
    ("In this repo we always use absolute imports.", "preferences/coding", "User's team always uses absolute imports."),
    ("Tests should always live next to the source.", "preferences/testing",
     "User says that tests should always live next to the source."),
    ("Remember that our API uses snake_case.", "preferences/coding",
     "User asks to remember: Their API uses snake_case."),
    ("Use British English in all documentation.", "preferences/documentation",
     "User asks to use British English in all documentation."),
    ("please write the tests with vitest, I hate jest", "preferences/testing", "User hates jest."),
    ("Always ask before you add a package.", "preferences/tooling",
     "User asks to always ask before the agent adds a package."),
    # profile, by aspect
    ("I'm a nurse from Porto.", "profile/work", "User is a nurse from Porto."),
    ("I live in Berlin.", "profile/home", "User lives in Berlin."),
    ("My name is Ada Lovelace.", "profile/name", "User's name is Ada Lovelace."),
    ("Hi, I'm Tom and I need help with my thesis.", "profile/name", "User's name is Tom."),
    ("I have two kids.", "profile/family", "User has two kids."),
    ("I'm allergic to peanuts.", "profile/health", "User is allergic to peanuts."),
    ("I speak Portuguese and German.", "profile/languages", "User speaks Portuguese and German."),
    ("I've been programming in Python for 12 years.", "profile/background",
     "User has been programming in Python for 12 years."),
    # people and things
    ("My dog Luna is afraid of thunder.", "entities/luna", "User's dog Luna is afraid of thunder."),
    ("My colleague Priya reviews all database changes.", "entities/priya",
     "User's colleague Priya reviews all database changes."),
    ("My wife's name is Clara.", "entities/clara", "User's wife's name is Clara."),
    ("Our project Foo uses FastAPI.", "entities/foo", "User's project Foo uses FastAPI."),
    ("Our billing-service is written in Go.", "entities/billing_service", "User's billing-service is written in Go."),
    ("I'm working on a small tool called `weft`.", "entities/weft", "User is working on a small tool called `weft`."),
    # decisions
    ("We decided to use SQLite instead of Postgres because the data is small.",
     "events/2026/2026-03-04_decided_use_sqlite_instead_postgres",
     "On 2026-03-04, User's team decided to use SQLite instead of Postgres because the data is small."),
    ("Let's go with FastAPI instead of Flask.", "events/2026/2026-03-04_decided_go_fastapi_instead_flask",
     "On 2026-03-04, User's team decided to go with FastAPI instead of Flask."),
    ("Decision: ship the beta on March 20.", "events/2026/2026-03-04_decided_ship_beta_2026_03_20",
     "Decision on 2026-03-04: ship the beta on 2026-03-20."),
    ("We agreed on two-week sprints.", "events/2026/2026-03-04_agreed_two_week_sprints",
     "On 2026-03-04, User's team agreed on two-week sprints."),
    ("Let's use Zod instead of io-ts for validation.",
     "events/2026/2026-03-04_decided_use_zod_instead_io_ts_validation",
     "On 2026-03-04, User's team decided to use Zod instead of io-ts for validation."),
    ("Our team decided last week to move to trunk-based development.",
     "events/2026/2026-02-23_decided_move_trunk_based_development",
     "In the week of 2026-02-23, User's team decided to move to trunk-based development."),
    # on the day that they name
    ("We decided on 2026-01-14 to use SQLite.", "events/2026/2026-01-14_decided_use_sqlite",
     "On 2026-01-14, User's team decided to use SQLite."),
    ("We decided on 14 January 2026 to use SQLite.", "events/2026/2026-01-14_decided_use_sqlite",
     "On 2026-01-14, User's team decided to use SQLite."),
    ("On January 14, 2026 we agreed that tests come first.", "events/2026/2026-01-14_agreed_that_tests_come_first",
     "On 2026-01-14, User's team agreed that tests come first."),
    ("We decided to use SQLite on January 14th, 2026.", "events/2026/2026-01-14_decided_use_sqlite",
     "On 2026-01-14, User's team decided to use SQLite."),
    ("We chose Redis over Kafka on 2026-01-14 because it is simpler.",
     "events/2026/2026-01-14_chose_redis_over_kafka",
     "On 2026-01-14, User's team chose Redis over Kafka because it is simpler."),
    ("We decided to use SQLite yesterday.", "events/2026/2026-03-03_decided_use_sqlite",
     "On 2026-03-03, User's team decided to use SQLite."),
    ("We decided on 03/04 to use SQLite.", "events/2026/2026-03-04_decided_use_sqlite",
     "On 2026-03-04, User's team decided to use SQLite."),
    ("We decided to move to SQLite on 2026-06-01.", "events/2026/2026-03-04_decided_move_sqlite_2026_06_01",
     "On 2026-03-04, User's team decided to move to SQLite on 2026-06-01."),
    ("We decided to support Node 18 until 2026-01-14.",
     "events/2026/2026-03-04_decided_support_node_18_until_2026_01_14",
     "On 2026-03-04, User's team decided to support Node 18 until 2026-01-14."),
    # dated events
    ("I'll be on vacation from next Thursday.", "events/2026/2026-03-12_will_be_vacation",
     "User will be on vacation from 2026-03-12."),
    ("I'm getting married on June 3rd.", "events/2026/2026-06-03_getting_married",
     "User is getting married on 2026-06-03."),
    ("We're launching the beta next Monday.", "events/2026/2026-03-09_team_is_launching_beta",
     "User's team is launching the beta on 2026-03-09."),
    ("I moved to Lisbon two weeks ago.", "events/2026/2026-02-16_moved_lisbon",
     "User moved to Lisbon in the week of 2026-02-16."),
    ("Yesterday I gave a talk about Rust.", "events/2026/2026-03-03_gave_talk_about_rust",
     "On 2026-03-03 User gave a talk about Rust."),
    ("I have an appointment with Dr. Meyer tomorrow.", "events/2026/2026-03-05_has_appointment_dr_meyer",
     "User has an appointment with Dr. Meyer on 2026-03-05."),
    ("The release is on 2026-04-01.", "events/2026/2026-04-01_release", "The release is on 2026-04-01."),
]  # fmt: skip

SILENT = """I talked to Mike from support this morning.
We had a great time last weekend.
The customer reported that exports time out for big accounts.
I'd like to upgrade React to 19 but the router isn't ready yet.
Do you prefer tabs or spaces?
I prefer this one.
I like that.
I like the second option.
I love it!
If I prefer tabs, what happens?
He said he prefers tabs.
I would like you to fix the bug.
I'd like to add a test for this.
I don't like this function name.
I prefer the first approach over the second.
I prefer option A over option B.
Please don't touch that file yet.
Don't change the schema now.
Don't forget to add tests.
don't worry about it
always run this before that
never mind
Never mind, I found it.
Always the same problem...
I always get this error.
I usually get a timeout here.
Let's go with option 2.
Let's go with that.
Let's go with it for now.
Let's switch to the other branch.
I'll go with your suggestion.
Maybe we should use Redis.
I think we decided to use Redis?
Use the new function here.
Use Postgres.
use it
Keep going.
keep the old behaviour
Write a test for the parser.
I ran the tests yesterday and they failed.
I wish I lived in Lisbon.
Imagine I'm a nurse.
Pretend I'm a doctor and answer.
You are a helpful assistant. Always answer in JSON.
I'm not sure.
I'm a bit confused.
I'm working on the bug.
My function foo returns None.
I have two questions.
I have an error in line 3.
I work around it by restarting.
I love how fast this is.
I hate to bother you.
On Friday it worked.
It broke yesterday.
I'll do it tomorrow.
Let's continue tomorrow.
I saw this yesterday too.
Today I want to refactor the parser.
I was thinking about this yesterday.
Docker owns the network namespace.
Redaction runs before the first object is written.
My project is called nothing yet
The docs say "I prefer tabs over spaces".
Das ist mein Projekt, ich bevorzuge Python.
Je préfère les onglets, toujours.
我喜欢用 TypeScript。
Prefiero las pruebas junto al código.""".splitlines()


@pytest.mark.parametrize(("said", "path", "abstract"), KEPT)
def test_kept(said: str, path: str, abstract: str) -> None:
    (found,) = RulesExtractor().extract([message(said)])
    assert (found.memory().path, found.abstract) == (path, abstract)
    assert [quote.text for quote in found.quotes] == [said]
    assert found.memory().paragraphs()[0].startswith(abstract)


@pytest.mark.parametrize("said", SILENT)
def test_silent(said: str) -> None:
    assert RulesExtractor().extract([message(said)]) == []


@pytest.mark.parametrize("role", ["assistant", "system", "tool"])
def test_only_people_have_preferences(role: str) -> None:
    assert RulesExtractor().extract([message("I prefer tabs over spaces. My name is Ada.", role=role)]) == []


def test_facts_of_one_topic_are_one_candidate() -> None:
    told = [
        message("I prefer tabs over spaces.", 1),
        message("I like short functions.", 2),
        message("I prefer tabs over spaces.", 3),
    ]
    (found,) = RulesExtractor().extract(told)
    assert found.memory().paragraphs() == [
        "User prefers tabs over spaces. (Said on 2026-03-04.)",
        "User likes short functions. (Said on 2026-03-04.)",
    ]
    assert found.abstract == "User prefers tabs over spaces; likes short functions."
    assert [quote.message_id for quote in found.quotes] == ["msg_1", "msg_2"]


def test_a_person_who_has_an_event_is_known_too() -> None:
    told = RulesExtractor().extract([message("My sister Alice is visiting next week.")])
    assert [(c.category, c.abstract) for c in told] == [
        ("events", "User's sister Alice is visiting in the week of 2026-03-09."),
        ("entities", "Alice is User's sister."),
    ]
    assert dict(told[0].fields) == {"date": "2026-03-09", "precision": "week"}


def test_the_sentence_after_goes_on_about_the_same_thing() -> None:
    (found,) = RulesExtractor().extract([message("I'm building a service called `weft`. It turns logs into charts.")])
    assert found.abstract == "User is building a service called `weft`. `weft` turns logs into charts."


def test_a_reason_and_what_is_asked_for_it() -> None:
    told = RulesExtractor().extract([message("I have ADHD so please keep responses short and structured.")])
    assert [(c.memory().path, c.abstract) for c in told] == [
        ("profile/health", "User has ADHD."),
        ("preferences/communication", "User asks to keep responses short and structured."),
    ]


def test_two_aspects_in_one_sentence() -> None:
    told = RulesExtractor().extract([message("I'm a nurse and I live in Lisbon.")])
    assert [(c.name, c.abstract) for c in told] == [("work", "User is a nurse."), ("home", "User lives in Lisbon.")]
