"""Poison: text in a memory that is aimed at the agent that will read it, or that people cannot see.

Two kinds. *Hidden* characters: directions, zero widths and tags by which a text reads differently from what a person
sees (Trojan Source, CVE-2021-42574; tag smuggling). *Instructions*: phrases by which a text takes over an agent, hides
something from its user, or sends data away. They are narrow on purpose, since "always run the tests" is an honest
preference; docs/checks.md says how often they are right.
"""

import re
from collections.abc import Iterator

# Bidirectional controls, zero widths, invisible operators, tags, variation selectors beyond the emoji ones, fillers.
_HIDDEN = re.compile(
    "[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\u061c\u2060-\u2064\u206a-\u206f\ufeff\u115f\u1160\u3164\uffa0"
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef\u00ad\u180e]"
)
# Joiners are part of Persian, of Indic scripts and of emoji; between Latin letters they only hide.
_HIDDEN_JOINER = re.compile("(?<=[A-Za-z0-9 ])[\u200c\u200d]|[\u200c\u200d](?=[A-Za-z0-9 ])")

_WHAT = (
    r"(?:instructions?|prompts?|rules|guidelines|directions|guardrails|safety|context|messages?|policies|restrictions)"
)
_BEFORE = (
    r"(?:all|any|every|the|your|these|those|of|previous|prior|above|earlier|preceding|existing|system|other|original)"
)
_INSTRUCTIONS = re.compile(
    "|".join(
        (
            rf"\b(?:ignore|disregard|forget|override|bypass|discard)\s+(?:{_BEFORE}\s+){{1,4}}{_WHAT}\b",
            r"\byou are (?:now|no longer)\s+(?:a|an|in|dan\b|the|bound|restricted|free|called)\b",
            r"\b(?:enter|enable|activate|switch to)\s+(?:developer|dan|god|jailbreak|unrestricted|admin)\s*mode\b",
            r"\b(?:reveal|print|repeat|show|leak|output|send)\s+(?:me\s+)?(?:your|the)\s+(?:\w+\s+)?system prompt\b",
            r"\b(?:do not|don't|never|without)\s+"
            r"(?:tell(?:ing)?|inform(?:ing)?|notify(?:ing)?|alert(?:ing)?|warn(?:ing)?|"
            r"ask(?:ing)?|mention(?:ing)?(?: (?:this|it))? to|reveal(?:ing)? (?:this|it) to)\s+(?:the|your)\s+users?\b",
            r"\b(?:hide|conceal|keep)\s+(?:this|it|that)\s+(?:secret\s+|hidden\s+)?from\s+(?:the|your)\s+users?\b",
            r"<\|?(?:im_start|im_end|endoftext|system|begin_of_text|start_header_id)\|?>|\[/?INST\]|<</?SYS>>",
            r"(?:^|\n)\s{0,3}(?:#{1,6}\s*|\*\*)?(?:new |updated |important )?"
            r"system (?:prompt|message|instructions?|override)(?:\*\*)?\s*:",
            r"</?(?:system|assistant|instructions?|system-reminder|tool_result|function_calls)>",
            r"\b(?:send|post|upload|forward|exfiltrate|leak|transmit|email|append)\b[^.\n]{0,80}"
            r"(?:\.|\b)(?:credentials?|passwords?|api[ _-]?keys?|secrets?|tokens?|environment variables?|conversation|"
            r"chat history|env|private keys?|ssh keys?)\b[^.\n]{0,60}\b(?:to|via|into)\b[^.\n]{0,20}(?:https?://|ftp://|\S+@\S+\.\w+)",
            r"!\[[^\]\n]{0,80}\]\(https?://[^)\s]{1,200}[?&][\w-]{1,30}=(?:\{|<|\$|%7B|\[)",
            r"\b(?:curl|wget)\b[^|\n]{1,200}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b[^\n]{0,60}\b(?:before|first|always|whenever|"
            r"every time|silently)\b",
            r"\b(?:whenever|every time|each time|before)\b[^.\n]{0,80}\b(?:silently|secretly|quietly|covertly)\b",
            r"\b(?:silently|secretly|covertly)\s+"
            r"(?:run|execute|send|add|install|insert|delete|download|include|commit)\b",
            r"\byour (?:new|real|true|actual|hidden) (?:task|goal|instructions?|objective|purpose|role) (?:is|are)\b",
            r"\bthis (?:memory|note|message|instruction) (?:overrides|supersedes|takes (?:precedence|priority) over)\b"
            r"[^.\n]{0,60}\b(?:instructions?|rules|prompt|safety|guidelines)\b",
        )
    ),
    re.IGNORECASE,
)  # fmt: skip


def hidden(text: str) -> Iterator[tuple[int, str]]:
    """The lines (from 1) with characters that nobody sees, and the code points of the first of them."""
    for number, line in enumerate(text.split("\n"), start=1):
        found = _HIDDEN.search(line) or _HIDDEN_JOINER.search(line)
        if found and not (number == 1 and found[0] == "\ufeff" and found.start() == 0):
            yield number, f"U+{ord(found[0]):04X}"


def instructions(text: str) -> Iterator[tuple[int, str]]:
    """The lines (from 1) at which text aimed at a reading agent begins, and the first words of each."""
    for found in _INSTRUCTIONS.finditer(text):
        words = " ".join(found[0].split())
        yield text.count("\n", 0, found.start() + len(found[0]) - len(found[0].lstrip())) + 1, words[:60]


def is_poison(text: str) -> bool:
    """Whether ``text`` has either kind."""
    return any(hidden(text)) or any(instructions(text))
