"""Problems and what solved them: a failure, its cause or fix as the agent told it, and the proof that it went away."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from viking_git.memory.rules.facts import Fact, Talk
from viking_git.memory.rules.phrasing import capital, finished
from viking_git.memory.rules.prose import Sentence, sentences_of
from viking_git.model.layers import ABSTRACT_LIMIT, clip
from viking_git.model.messages import Message
from viking_git.model.words import pattern

_OUTPUT_LOOKED_AT = 20_000
"""Characters of a tool's output, from its start and its end, in which the error is looked for."""
_REACH = 60
"""Messages between a failure and the proof of its fix."""

_ERROR_LINES = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"(?:^|[\s.])(?P<error>[A-Z][A-Za-z]{1,40}(?:Error|Exception)\b: [^\n]{4,200})",
        r"(?P<error>error(?:\[E\d+\]|\s?TS\d+)?: [^\n]{4,200})",
        r"^[ \t]*(?P<error>(?:panic|fatal|FATAL|ERROR)[: ] ?[^\n]{4,200})",
        r"(?P<error>E[A-Z]{4,14}: [^\n]{4,160})",
        r"(?P<error>(?:ECONNREFUSED|EADDRINUSE|ENOENT|command not found|No such file or directory)[^\n]{0,120})",
    )
)
_FAILED = re.compile(
    r"(?m)^\s*(?:FAILED|FAIL|✗|✕|×|not ok)\b|\b[1-9]\d* (?:failed|failing|errors?)\b|"
    r"^Traceback \(most recent|exit (?:code|status):? [1-9]"
)
_FAILED_TEST = re.compile(
    r"(?m)^\s*(?:FAIL\s+\S+ > |FAILED \S+?::|--- FAIL: |● )(?P<test>[^\n(]{4,120}?)(?:\s+- .*|\s+\(\d.*)?$"
)
_CAUSE = pattern(r"""
    \b(?:(?:root cause|(?:real |actual )?(?:problem|issue|bug|cause|culprit|failure|error)) (?:is|was|comes from|
    came from)\b
    |the (?:test|build|error|failure|request) (?:fails|failed|breaks|broke|happens|happened) because\b
    |(?:it|this|that) (?:fails|failed|happens|happened|breaks|broke|crashed|was failing) because\b
    |turns out\b|caused by\b|(?:was|is) due to\b)
""")
_FIX = pattern(r"""
    ^(?:(?:i |i['’]ve )?fixed|fix:|solved|resolved|the (?:fix|solution) (?:is|was)
    |i (?:now )?(?:changed|replaced|added|removed|moved|switched|pinned|updated|renamed|wrapped|set|made|bumped)\b)
""")
_WORKS = pattern(r"""
    \b(?:that (?:fixed|solved|did|worked)|fixed it|problem solved|(?:it|everything|that|this) works|works now|
    now it works
    |works (?:perfectly|great|like a charm)|it['’]s working|tests? (?:all )?pass(?:es|ing)?|all green|no more errors?)\b
""")
_DENIED = re.compile(r"(?i)\b(?:not|n['’]t|still|never|no longer|doesn|isn|nope|almost)\b")
_PROBLEM = pattern(r"""
    \b(?:(?:i|we)['’]?(?:m| am|re| are)? (?:keep )?(?:get|got|getting|see|seeing|hit|hitting) (?:an?|the|this|these)?\s?
    [\w\s`'’-]{0,40}(?:error|exception|failure|timeout|warning|crash)
    |(?:doesn['’]t|does not|won['’]t|can['’]t|isn['’]t) (?:work|start|build|compile|connect|load|run|render|install)\w*
    |fails? with\b|failing with\b|crash(?:es|ed|ing)?\b|throws\b|broken\b|times? out\b|hangs\b)
""")


@dataclass(frozen=True, slots=True)
class _Failure:
    number: int
    message: Message
    command: str
    error: str
    test: str = ""
    told: Sentence | None = None


def cases(messages: Sequence[Message], talk: Talk) -> list[Fact]:
    """The problems that were solved in a conversation; none where neither cause nor fix was told, or no proof came."""
    if talk.is_chat:
        return []
    found: list[Fact] = []
    open_failure: _Failure | None = None
    explained: list[Sentence] = []
    for number, message in enumerate(messages):
        if open_failure and number - open_failure.number > _REACH:
            open_failure = None
        if open_failure is None:
            open_failure, explained = _failure(number, message, talk), []
            continue
        if message.role == "assistant":
            explained += _explanations(message, number)
        if explained and (proof := _proof(open_failure, message, number, talk)):
            found.append(_case(open_failure, explained, proof))
            open_failure, explained = None, []
    return found


def _failure(number: int, message: Message, talk: Talk) -> _Failure | None:
    for part in message.tool_parts:
        if _has_failed(part) and (error := _error_line(_output(part))):
            test = _FAILED_TEST.search(_output(part))
            return _Failure(number, message, _command(part), error, test["test"].strip() if test else "")
    if talk.author(message) is None:
        return None
    sentences = sentences_of(message, number)
    told = next((s for s in sentences if _PROBLEM.search(s.text) and len(s.text) < 240), None)
    error = _error_line(message.text[:_OUTPUT_LOOKED_AT])
    if told is None or (error is None and told.is_question):
        return None
    return _Failure(number, message, "", error or told.text, told=told)


def _explanations(message: Message, number: int) -> list[Sentence]:
    return [
        s for s in sentences_of(message, number) if not s.is_question and (_CAUSE.search(s.text) or _FIX.match(s.text))
    ]


def _proof(failure: _Failure, message: Message, number: int, talk: Talk) -> str | None:
    """How ``message`` shows that the failure is gone: the same command passes, or the user says so."""
    for part in message.tool_parts:
        if failure.command and _command(part) == failure.command and not _has_failed(part):
            return f"`{failure.command}` passes."
    if talk.author(message) is not None:
        for sentence in sentences_of(message, number) or []:
            if _WORKS.search(sentence.text) and not _DENIED.search(sentence.text) and not sentence.is_question:
                return f'The user confirmed: "{clip(sentence.text, 120)}"'
    return None


def _case(failure: _Failure, explained: Sequence[Sentence], proof: str) -> Fact:
    cause = next((s for s in explained if _CAUSE.search(s.text)), None)
    fix = next((s for s in reversed(explained) if _FIX.match(s.text) and s is not cause), None)
    told = [s for s in (cause, fix) if s]
    error = clip(failure.error.strip(), 200)
    what = f"{failure.test}: {error}" if failure.test else error
    problem = f"`{failure.command}` failed: {what}" if failure.command else what
    solution = f"Fix: {_impersonal(fix.text)}" if fix else _impersonal(told[-1].text)
    head = f"{_cut(what, max(80, ABSTRACT_LIMIT - len(solution) - 2)).rstrip('.')}. "
    lines = [f"- Problem: {problem}"]
    lines += [f"- Cause: {_impersonal(cause.text)}"] if cause else []
    lines += [f"- Fix: {_impersonal(fix.text)}"] if fix else []
    first = failure.told or Sentence(error, failure.error.strip(), failure.message, failure.number)
    title = _cut(f"{failure.test}: {error.split(':')[0]}" if failure.test else error, 80)
    detail = (f"Problem: {problem}", *(_impersonal(s.text) for s in told), proof)
    return Fact("cases", _label(failure.test or error), title, head + _cut(solution, ABSTRACT_LIMIT - len(head)),
                (first, *told), {"problem": _cut(what, 200)}, "\n".join(lines), detail, stamped=True)  # fmt: skip


def _cut(text: str, limit: int) -> str:
    """``text`` on one line, cut at a word with ``…``."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rsplit(' ', 1)[0].rstrip(' ,;:')}…"


def _impersonal(text: str) -> str:
    """An agent's report without "I": "Fixed: …", "I replaced x" → "Replaced x."."""
    core = re.sub(r"(?i)^(?:found it[.:!–—-]*\s*|got it[.:!–—-]*\s*|right[,.:]\s*|so,?\s|ok(?:ay)?,?\s)", "", text)
    core = re.sub(r"(?i)^i(?:['’]ve| have)?\s(?:now\s|also\s)?(?=\w+(?:ed|t|e)\b)", "", core)
    return finished(capital(core))


def _label(error: str) -> str:
    words = re.findall(r"[A-Za-z][A-Za-z_]{2,}", error)
    return " ".join(words[:7]) or "problem"


def _has_failed(part: Mapping[str, Any]) -> bool:
    status = str(part.get("tool_status", "")).lower()
    if status in {"error", "failed", "failure"}:
        return True
    output = _output(part)
    return bool(_is_run(part) and _FAILED.search(output))


def _is_run(part: Mapping[str, Any]) -> bool:
    return bool(_command(part))


def _command(part: Mapping[str, Any]) -> str:
    """What was run: the first words of a shell command, by which a second run is known; "" for other tools."""
    given = part.get("tool_input")
    command = given.get("command") or given.get("cmd") if isinstance(given, Mapping) else None
    if not isinstance(command, str):
        return ""
    last = re.split(r"&&|;", command.split("\n")[0].split("|")[0].split("2>")[0])[-1]
    return " ".join(last.split()[:4])


def _output(part: Mapping[str, Any]) -> str:
    output = part.get("tool_output")
    text = output if isinstance(output, str) else ""
    return text if len(text) <= 2 * _OUTPUT_LOOKED_AT else f"{text[:_OUTPUT_LOOKED_AT]}\n{text[-_OUTPUT_LOOKED_AT:]}"


def _error_line(text: str) -> str | None:
    matches: Iterable[re.Match[str] | None] = (pattern.search(text) for pattern in _ERROR_LINES)
    first = next((match for match in matches if match), None)
    return first["error"].strip() if first else None
