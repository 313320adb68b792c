"""Values that the tests of memory are about."""

from typing import Any

from viking_git.memory.dedup import Existing
from viking_git.model.facts import summary
from viking_git.model.memory import Candidate, Memory, Quote
from viking_git.model.messages import Message

ROOT = "user/default/memories"


def message(
    text: str, number: int = 1, *, role: str = "user", at: str = "2026-03-04T10:00:00Z", **extra: Any
) -> Message:
    return Message(f"msg_{number}", role, ({"type": "text", "text": text},), at, extra)


def tool(command: str, output: str, number: int, *, status: str = "completed") -> Message:
    part = {"type": "tool", "tool_name": "Bash", "tool_input": {"command": command}, "tool_output": output,
            "tool_status": status}  # fmt: skip
    return Message(f"msg_{number}", "tool", (part,), "2026-03-04T10:00:00Z")


def candidate(
    *facts: str, category: str = "preferences", name: str = "coding", at: str = "2026-05-01T10:00:00Z", **more: Any
) -> Candidate:
    fields = more.pop("fields", None)
    required = {"preferences": {"topic": name}, "entities": {"kind": "person"}, "events": {"date": name[:10]},
                "cases": {"problem": name}}  # fmt: skip
    content = "\n\n".join(facts)
    return Candidate(
        category=category, name=name, title=name.replace("_", " ").capitalize(), abstract=summary(facts),
        overview=content, content=content, quotes=(Quote("msg_1", facts[0][:200]),), created_at=at,
        fields=required.get(category, {}) if fields is None else fields, **more,
    )  # fmt: skip


def memory(*facts: str, at: str = "2026-03-01T10:00:00Z", **more: Any) -> Memory:
    return candidate(*facts, at=at, **more).memory()


def existing(held: Memory, score: float = 0.7) -> Existing:
    return Existing(f"viking://{ROOT}/{held.path}", held, score)
