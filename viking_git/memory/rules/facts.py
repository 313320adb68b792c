"""Facts that rules find, and who is who in a conversation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from viking_git.memory.rules.person import Person
from viking_git.memory.rules.prose import Sentence
from viking_git.model.messages import ROLES, Message
from viking_git.model.names import fold
from viking_git.model.words import word_set

_AGENTS = word_set(
    "assistant claude chatgpt gpt copilot gemini cursor codex bot agent ai system tool devin aider llama mistral grok "
    "user human"
)
USER = Person("User", group="User's team")
"""The one who is not the agent, in a session with an agent."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing worth remembering, said in one sentence.

    Attributes:
        category: which kind of memory holds it.
        label: what that memory is called: a topic, a name, an aspect, an event's short title.
        title: its heading.
        text: the fact, a sentence that can stand alone.
        sentences: where it was said; the first is the one quoted first.
        fields: front matter of the category.
        overview: lines for the Overview of a memory that never changes; "" elsewhere.
        detail: further paragraphs of such a memory.
        aliases: other names of an entity.
        stamped: whether ``text`` names its own date already.
    """

    category: str
    label: str
    title: str
    text: str
    sentences: tuple[Sentence, ...]
    fields: Mapping[str, str] = field(default_factory=dict)
    overview: str = ""
    detail: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    stamped: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """Who takes part in a conversation.

    With two or more named speakers it is a chat between people: facts belong to whoever said them, as an entity of
    kind person, unless the name is the configured user's. Otherwise the one who is not the agent is the user.
    """

    people: Mapping[str, Person]
    is_chat: bool

    def author(self, message: Message) -> Person | None:
        """The person who wrote ``message``; None for an agent, a tool or the system."""
        if message.role in {"system", "tool"}:
            return None
        if self.is_chat:
            return self.people.get(fold(message.speaker))
        return USER if message.role == "user" else None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the speakers."""
        return tuple(person.name for person in self.people.values())


def talk_of(messages: Sequence[Message], user: str = "") -> Talk:
    """Who is who in ``messages``; ``user`` is the configured user's name, "" where it is not known."""
    people: dict[str, Person] = {}
    for message in messages:
        name = message.speaker.strip()
        key = fold(name)
        if message.role in {"system", "tool"} or key in ROLES or not name[:1].isalpha() or len(name) > 40:
            continue
        if fold(name.split()[0]) not in _AGENTS and not any(part["type"] == "tool" for part in message.parts):
            people.setdefault(key, Person("User" if user and key == fold(user) else name, key == fold(user)))
    return Talk(people, len(people) > 1)


def day_of(sentence: Sentence) -> date:
    """The day on which it was said, by the speaker's clock."""
    return sentence.message.day


def about(person: Person, text: str, sentence: Sentence, *, category: str, label: str, title: str) -> Fact:
    """A fact about ``person``: in their own category where they are the user, else as part of the entity they are."""
    if person.is_user:
        fields = {"topic": label} if category == "preferences" else {}
        return Fact(category, label, title, text, (sentence,), fields)
    return Fact("entities", person.name, person.name, text, (sentence,), {"kind": "person"})
