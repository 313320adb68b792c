"""The embedded extractor: rules over English sentences, by category.

It keeps silent rather than remember junk: questions, hypotheses, one-off wishes, code, logs and quotations give
nothing, nor does any language but English.
"""

import re
from collections.abc import Sequence

from viking_git.memory.rules.cases import cases
from viking_git.memory.rules.compose import candidates_of
from viking_git.memory.rules.decisions import decision
from viking_git.memory.rules.events import event
from viking_git.memory.rules.facts import Fact, Talk, talk_of
from viking_git.memory.rules.people import continued, entity
from viking_git.memory.rules.person import Person
from viking_git.memory.rules.phrasing import plain
from viking_git.memory.rules.preferences import preference
from viking_git.memory.rules.profile import profile
from viking_git.memory.rules.prose import Sentence, sentences_of
from viking_git.memory.rules.requests import is_about_memory
from viking_git.memory.rules.standing import standing
from viking_git.model.memory import Candidate
from viking_git.model.messages import Message

_PROMPT = re.compile(r"(?i)^(?:you are|you['’]re|act as|pretend|imagine)\s(?:an?|the|that|you)\b")
"""How a prompt begins that gives an agent its part; what it orders holds for that part only."""


_CLAUSE = re.compile(
    r",?\s(?:so|and|but)\s(?=(?:please|always|never|don['’]t)\s)|,\s(?:and\s)?(?=I\s(?:prefer|hate|love|like|always|"
    r"never)\s)"
)
"""Where a second statement begins in one sentence: "I have ADHD, so please …", "use vitest, I hate jest"."""


class RulesExtractor:
    """Candidates by rules, without a model; the same for the same messages."""

    id = "rules-2"

    def __init__(self, user: str = "") -> None:
        """``user``: the name under which the workspace's owner speaks in chats of several people, where known."""
        self._user = user

    def extract(self, messages: Sequence[Message]) -> list[Candidate]:
        """What ``messages`` say that is worth remembering, in the order in which it was said."""
        talk = talk_of(messages, self._user)
        facts: list[Fact] = []
        for number, message in enumerate(messages):
            person = talk.author(message)
            if person is not None:
                facts += _message_facts(sentences_of(message, number), person, talk)
        return candidates_of([*facts, *cases(messages, talk)])


def _message_facts(sentences: Sequence[Sentence], person: Person, talk: Talk) -> list[Fact]:
    facts: list[Fact] = []
    if sentences and _PROMPT.match(sentences[0].text):
        return facts
    named: Fact | None = None
    once: dict[str, Sentence] = {}
    for sentence in sentences:
        if not is_about_memory(sentence.text):
            once.setdefault(sentence.text, sentence)
    for sentence in once.values():
        more = continued(sentence, named) if named else None
        found = [more] if more else _facts(sentence, person, talk)
        facts += found
        named = more or next(
            (fact for fact in found if fact.category == "entities" and fact.label != person.name), None
        )
    return facts


def _facts(sentence: Sentence, person: Person, talk: Talk) -> list[Fact]:
    is_chat = talk.is_chat
    text = plain(sentence.text, talk.names if is_chat else ())
    if made := decision(sentence, text, person, is_chat=is_chat):
        return [made]
    told = event(sentence, text, person, is_chat=is_chat)
    found = [told] if told else []
    for clause in _CLAUSE.split(text):
        named = entity(sentence, clause, person, is_chat=is_chat)
        said = [*([named] if named else []), *profile(sentence, clause, person, is_chat=is_chat)]
        liked = None if said or told else preference(sentence, clause, person, is_chat=is_chat)
        holds = None if is_chat or said or told or liked else standing(sentence, clause, person)
        found += [*said, *(fact for fact in (liked, holds) if fact)]
    return found
