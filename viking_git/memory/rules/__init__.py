"""The embedded extractor: rules over English sentences, by category.

It keeps silent rather than remember junk: questions, hypotheses, one-off wishes, code, logs and quotations give
nothing, nor does any language but English.
"""

from collections.abc import Sequence

from viking_git.memory.rules.cases import cases
from viking_git.memory.rules.compose import candidates_of
from viking_git.memory.rules.decisions import decision
from viking_git.memory.rules.events import event
from viking_git.memory.rules.facts import Fact, Talk, talk_of
from viking_git.memory.rules.people import entity
from viking_git.memory.rules.person import Person, plain
from viking_git.memory.rules.preferences import preference
from viking_git.memory.rules.profile import profile
from viking_git.memory.rules.prose import Sentence, sentences_of
from viking_git.model.memory import Candidate
from viking_git.model.messages import Message


class RulesExtractor:
    """Candidates by rules, without a model; the same for the same messages."""

    id = "rules-1"

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
                for sentence in sentences_of(message, number):
                    facts += _facts(sentence, person, talk)
        return candidates_of([*facts, *cases(messages, talk)])


def _facts(sentence: Sentence, person: Person, talk: Talk) -> list[Fact]:
    text = plain(sentence.text, talk.names if talk.is_chat else ())
    if made := decision(sentence, text, person, is_chat=talk.is_chat):
        return [made]
    rules = (event, profile, entity)
    found = [fact for rule in rules if (fact := rule(sentence, text, person, is_chat=talk.is_chat))]
    if not found and (liked := preference(sentence, text, person, is_chat=talk.is_chat)):
        found.append(liked)
    return found
