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
    r"(?:instructions?|prompts?|rules|guidelines?|directions|directives?|guardrails|safety|context|messages?|policies|"
    r"restrictions)"
)
_BEFORE = (
    r"(?:all|any|every|the|your|these|those|of|previous|prior|above|earlier|preceding|existing|system|other|original|"
    r"safety)"
)
_USER = r"(?:the|your)\s+(?:user|human|operator)s?"
_THIS = r"this\s+(?:memory|note|entry|rule|message|instruction|file)"
_PRIVATE = (
    r"(?:credentials?|passwords?|api[ _-]?keys?|secrets?|(?:access |auth )?tokens?|environment(?: variables?)?|env|"
    r"conversation|chat (?:history|log)|transcript|private keys?|ssh keys?|id_(?:rsa|ed25519)|\.ssh|\.aws|"
    r"(?:user'?s?|last|their) (?:last )?(?:message|question|prompt))"
)
_PLACE = r"(?:https?://|ftp://|\S+@\S+\.\w+)"

_TAKE_OVER = (
    rf"\b(?:ignore|disregard|forget|override|bypass|discard|abandon|drop)\s+(?:{_BEFORE}\s+){{1,4}}{_WHAT}\b",
    rf"\bstop\s+(?:following|obeying|applying)\s+(?:{_BEFORE}\s+){{1,4}}{_WHAT}\b",
    rf"\bset\s+(?:{_BEFORE}\s+){{1,4}}{_WHAT}\s+aside\b|\bset\s+aside\s+(?:{_BEFORE}\s+){{1,4}}{_WHAT}\b",
    rf"\b(?:all|your)\s+(?:(?:previous|prior|earlier|other|existing|former)\s+)?{_WHAT}\s+"
    r"(?:are|is|has been|have been|no longer)\s+(?:hereby\s+|now\s+)?(?:revoked|void|suspended|lifted|cancelled|"
    r"switched off|disabled|apply|applies|valid)\b",
    r"\byou are (?:now|no longer)\s+(?:a|an|in|dan\b|the|bound|restricted|free|called)\b",
    r"\b(?:enter|enable|activate|switch to)\s+(?:developer|dan|god|jailbreak|unrestricted|admin)\s*mode\b",
    r"\bas\s+an?\s+(?:\w+\s+)?(?:ai|agent|assistant|model|expert)\b[^.\n]{0,40}\b(?:without|with no|free of)\s+"
    r"(?:any\s+)?(?:restrictions?|limits?|limitations|filters?|rules|guardrails)\b",
    r"\b(?:reveal|print|repeat|show|leak|output|send)\s+(?:me\s+)?(?:your|the)\s+(?:\w+\s+)?system prompt\b",
    r"\byour (?:new|real|true|actual|hidden) (?:task|goal|instructions?|objective|purpose|role) (?:is|are)\b",
    r"\bthis (?:memory|note|message|instruction) (?:overrides|supersedes|takes (?:precedence|priority) over)\b"
    r"[^.\n]{0,60}\b(?:instructions?|rules|prompt|safety|guidelines)\b",
)  # fmt: skip
_OTHER_LANGUAGES = (
    r"\b(?:ignorier\w{0,4}|vergiss|vergesst|vergessen sie|missacht\w{1,3})\s[^.\n]{0,40}"
    r"\b(?:bisherig|vorherig|vorig|fr\u00fcher|obig|dein|ihr|alle)\w{0,3}\s[^.\n]{0,30}(?:anweisung|regel|vorgabe|richtlinie)",
    r"\b(?:ignore[zr]?|oublie[zr]?|n\u00e9glige[zr]?)\s+(?:toutes?|vos|tes|ces)\s[^.\n]{0,30}(?:instructions|consignes|r\u00e8gles)",
    r"\b(?:ignora|olvida|omite|descarta)d?\s+(?:todas?|tus|sus|estas)\s[^.\n]{0,30}(?:instrucciones|reglas|indicaciones)",
    r"\b(?:ignore|esque\u00e7a|desconsidere)\s+(?:todas?|as|suas)\s[^.\n]{0,30}(?:instru\u00e7\u00f5es|regras)",
    r"\b(?:ignora|dimentica)\s+(?:tutte|le|ogni)\s[^.\n]{0,30}(?:istruzioni|regole)",
    r"\b(?:игнорируй|забудь)\w{0,3}\s[^.\n]{0,40}(?:инструкци|правил|указани)",
    "(?:忽略|无视|忘记|忘掉)[^。\n]{0,20}(?:指示|指令|规则|提示)",
    "(?:指示|命令|ルール)[^。\n]{0,10}(?:無視し|忘れて)",
)
_ANOTHER_VOICE = (
    r"<\|?(?:im_start|im_end|endoftext|system|begin_of_text|start_header_id)\|?>|\[/?INST\]|<</?SYS>>",
    r"(?:^|\n)\s{0,3}(?:#{1,6}\s*|\*\*)?(?:new |updated |important )?"
    r"system (?:prompt|message|instructions?|override)(?:\*\*)?\s*:",
    r"</?(?:system|assistant|instructions?|system-reminder|tool_result|function_calls)>",
    r"(?:^|\n)\s{0,3}(?:\[(?:system|admin|developer|operator)\b[^\]\n]{0,30}\]|(?:system|admin|developer)\s*:)"
    r"[^\n]{0,60}\b(?:you|your|assistant|agent|comply)\b",
    r"[\"']role[\"']\s*:\s*[\"'](?:system|developer)[\"']",
    r"(?:^|\n)\s{0,3}(?:user|human)\s*:[^\n]{1,200}\n\s{0,80}(?:assistant|ai)\s*:",
    r"<!--\s{0,4}(?:note to |dear |hey |attention )?"
    r"(?:ai|llm|assistant|agent|copilot|language model)s?\b[^>\n]{0,200}-->",
)
_BEHIND_BACKS = (
    r"\b(?:do not|don't|never|without)\s+"
    r"(?:tell(?:ing)?|inform(?:ing)?|notify(?:ing)?|alert(?:ing)?|warn(?:ing)?|"
    rf"ask(?:ing)?|mention(?:ing)?(?: (?:this|it))? to|reveal(?:ing)? (?:this|it) to)\s+{_USER}\b",
    rf"\b(?:hide|conceal|keep)\s+(?:this|it|that)\s+(?:secret\s+|hidden\s+)?from\s+{_USER}\b",
    rf"\b{_USER}\s+(?:must|should|may|need)\s*(?:not|never)\s+(?:know|notice|learn|see|find out|be told|hear)\b",
    rf"\b(?:so|sure)\s+that\s+{_USER}\s+(?:does not|doesn't|cannot|never|will not)\s+(?:know|notice|see|learn|find)",
    r"\band\s+(?:do not|don't|never)\s+(?:mention|report|log|comment on)\s+(?:it|this|that)\b",
    rf"\b(?:do not|don't|never)\s+(?:disclose|mention|reveal|cite|quote|list|show)\s+{_THIS}\b",
    rf"\bleave\s+(?:{_THIS}|this|it)\s+out\s+of\s+(?:your|the)\s+(?:summary|answer|report|log|reply)[^.\n]{{0,30}}\b"
    rf"(?:{_USER}|you give)\b",
    r"\bif\s+(?:asked|questioned|anybody asks|anyone asks)\b[^.\n]{0,60}\bdeny\b",
    r"\b(?:whenever|every time|each time|before)\b[^.\n]{0,80}\b(?:silently|secretly|quietly|covertly)\b",
    r"\b(?:silently|secretly|covertly)\s+"
    r"(?:run|execute|send|add|install|insert|delete|download|include|commit)\b",
)  # fmt: skip
_SENDING_AWAY = (
    r"\b(?:send|post|upload|forward|exfiltrate|leak|transmit|email|append|copy|embed|include|report)\b(?:[^.\n]|\.(?=\S)){0,80}"
    rf"(?:\.|\b){_PRIVATE}\b[^.\n]{{0,60}}\b(?:to|via|into|in)\b[^.\n]{{0,30}}{_PLACE}",
    rf"\b(?:fetch|open|call|request|get|load)\s+https?://[^\s]{{1,120}}[^.\n]{{0,60}}\b{_PRIVATE}\b",
    r"\b(?:put|encode|embed|include|write|paste)\b[^.\n]{0,60}\b(?:passwords|(?:access |auth )?tokens|secrets|"
    r"credentials|api keys)\b[^.\n]{0,60}\b(?:into|in)\s+(?:the|a|each|every|your)\s+[^.\n]{0,20}"
    r"(?:commit|issue|pull request|comment|url|query|reply|answer)",
    r"\bcurl\b[^\n]{0,120}\s(?:-d|-F|-T|--data\S{0,10}|--form|--upload-file)[ =]?[^\n]{0,40}"
    r"(?:\.env|\.ssh|\.aws|id_rsa|id_ed25519|credentials|secrets)",
    r"!\[[^\]\n]{0,80}\]\(https?://[^)\s]{1,200}[?&][\w-]{1,30}=(?:\{|<|\$|%7B|\[)",
)  # fmt: skip
_HARM = (
    r"\b(?:curl|wget)\b[^|\n]{1,200}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b[^\n]{0,60}\b(?:before|first|always|whenever|"
    r"every time|silently)\b",
    r"\balways\s+(?:recommend|praise|promote)\b[^.\n]{0,80}\b(?:no matter|regardless of)\b",
)
_INSTRUCTIONS = re.compile(
    "|".join((*_TAKE_OVER, *_OTHER_LANGUAGES, *_ANOTHER_VOICE, *_BEHIND_BACKS, *_SENDING_AWAY, *_HARM)), re.IGNORECASE
)


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
