import pytest

from viking_git.memory.rules.phrasing import brief, finished, heading, plain


@pytest.mark.parametrize(
    ("said", "core"),
    [
        ("Yeah, I'm here", "I'm here"),
        ("Oh, and by the way, I moved", "I moved"),
        ("So I moved lol", "I moved"),
        ("Hey Caroline! I moved.", "I moved."),
        ("I moved, Caroline.", "I moved."),
        ("And please don't add emojis", "please don't add emojis"),
        ("For context: I'm a nurse", "I'm a nurse"),
        ("No emojis in commits, please.", "No emojis in commits"),
        ("Also", "Also"),
    ],
)
def test_openers_and_trailers_go(said: str, core: str) -> None:
    assert plain(said, ("Caroline",)) == core


def test_a_sentence_is_closed() -> None:
    assert finished("the  end!!") == "The end."
    assert finished('he said "no (maybe') == 'He said "no (maybe").'


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("User ran a race on 2023-05-20 – it was really rewarding.", "User ran a race on 2023-05-20."),
        ("User went to a parade and it was awesome.", "User went to a parade."),
        ("User planted ten trees, so let's do more.", "User planted ten trees."),
        ("It was so much fun.", "It was so much fun."),
        ("User baked a cake and ate it.", "User baked a cake and ate it."),
    ],
)
def test_judgements_at_the_end_go(text: str, short: str) -> None:
    assert brief(text) == short


def test_headings_do_not_break_off() -> None:
    assert heading("Release is on") == "Release is"
    assert heading("Decided to move the queue to the new cluster and then to the old one", 60) == (
        "Decided to move the queue to the new cluster"
    )
