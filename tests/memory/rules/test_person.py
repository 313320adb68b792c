import pytest

from viking_git.memory.rules.facts import USER
from viking_git.memory.rules.person import Person, as_said, is_past, third_person, verb_after_subject, with_s

CAROLINE = Person("Caroline", is_user=False)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("I went to a support group and it helped me", "Caroline went to a support group and it helped them."),
        ("I prefer tabs because they keep my code clean!", "Caroline prefers tabs because they keep their code clean."),
        ("I'm keen on counseling", "Caroline is keen on counseling."),
        ("I've been painting for 7 years", "Caroline has been painting for 7 years."),
        ("I'd love to travel", "Caroline would love to travel."),
        ("I'd been there before", "Caroline had been there before."),
        ("I don't like meetings", "Caroline does not like meetings."),
        ("I have two kids", "Caroline has two kids."),
        ("I can swim", "Caroline can swim."),
        ("I study", "Caroline studies."),
        ("My sister Alice lives in Berlin", "Caroline's sister Alice lives in Berlin."),
        ("My mom and I made dinner", "Caroline and their mom made dinner."),
        ("yesterday I took my kids to the park", "Yesterday Caroline took their kids to the park."),
        ("I was glad I was there", "Caroline was glad they were there."),
        ("I like to run and swim", "Caroline likes to run and swim."),
    ],
)
def test_third_person(said: str, told: str) -> None:
    assert third_person(said, CAROLINE) == told


@pytest.mark.parametrize(
    "said",
    ["I run and swim every day", "I love your art", "We went camping", "I frobnicate daily", "It was fun",
     "I put it there", "the many people whom we met there and I went"],
)  # fmt: skip
def test_beyond_the_rules(said: str) -> None:
    assert third_person(said, CAROLINE) is None


def test_the_past_settles_verbs_that_do_not_show_it() -> None:
    assert third_person("I put it there", CAROLINE, past=True) == "Caroline put it there."


def test_we_are_a_team_where_somebody_has_one() -> None:
    assert third_person("We're launching the beta", USER) == "User's team is launching the beta."
    assert third_person("We have no staging", USER) == "User's team has no staging."


def test_words_as_they_were_said() -> None:
    assert as_said('we saw "it"', CAROLINE, "2023-05-08") == "Caroline said (2023-05-08): \"We saw 'it'\""


def test_verbs() -> None:
    assert verb_after_subject(" really just love it") == (" really just ", "love", " it")
    assert verb_after_subject(" 42") == ("", "", " 42")
    assert [with_s(verb) for verb in ("go", "try", "play", "push", "use")] == [
        "goes",
        "tries",
        "plays",
        "pushes",
        "uses",
    ]
    assert [is_past(verb) for verb in ("went", "painted", "need", "feed", "go")] == [True, True, False, False, False]
