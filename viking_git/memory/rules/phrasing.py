"""What is said put into good form: openers and trailers off, one sentence, a heading, an abstract."""

import re

from viking_git.model.words import pattern, word_set

_OPENER = pattern(r"""
    ^(?:(?:yeah|yes|yep|yup|oh|well|hey|hi|hello|haha|lol|ok|okay|wow|sure|no|nope|nah|right|absolutely|totally|
    definitely|exactly|thanks(?: a lot| so much)?|thank you(?: so much)?|cool|nice|great|awesome|aw+|hm+|um+|uh|man|
    dude|basically|anyways?|of course|for sure|guess what|you know(?: what)?|i mean|tbh|to be honest|honestly|in fact|
    fyi|ps|btw|by the way|actually|also|plus|so|and|but|then|still|true|agreed|perfect|sounds good|got it|
    one more thing|another thing|
    for context|some context|(?:a bit of )?background|context|on (?:another|a different|a side) note|in the meantime|
    meanwhile|speaking of \w+|oh and|nothing too soon|since (?:we|i) last (?:chatted|spoke|talked)|nothing much|
    long story short|good news|great news|big news|quick note|note|reminder|as for me|personally|lately|recently)
    (?:\s[A-Z]\w{1,15})?\s*(?:[,!.:;…–—-]+\s*)
    |(?:and|but|so|oh|also|plus|well|yeah|then|anyway)\s+(?=[A-Za-z]))+
""")
_TRAILER = re.compile(
    r"(?i)(?:[,–—-]?\s*\b(?:lol|haha+|though|btw|by the way|you know|right|too|please|thanks|thx|ok|okay))+[.!]*$"
)
_GOOD = (
    r"(?:awesome|amazing|great|fun|powerful|cool|nice|lovely|wonderful|incredible|inspiring|rewarding|stressful|tough|"
    r"hard|a blast|worth it|beautiful|fantastic|perfect|special|wild|crazy|intense|relaxing|exciting|scary|sad|"
    r"emotional|fulfilling|interesting|surreal|magical|delicious|tiring|exhausting|epic|lit|sweet|good|bad|touching|"
    r"eye-opening|thought-provoking)"
)
_JUDGED = pattern(rf"""
    (?:\s?[-–—]\s|[,;]\s|\sand\s)+
    (?:(?:it|that|this)(?:['’]s|\s(?:was|is|has been|felt|feels|made))\s(?:been\s)?
    (?:(?:such|so|really|very|super|both|an?|truly|pretty|quite|the|just|a lot of|much|most)\s)*{_GOOD}\b.*
    |so let['’]s\b.*|(?:i|they) can['’]t wait\b.*|what a\b.*|such a\b.*|so much\b.*
    |(?:so|super|really)\s(?:excited|happy|glad|proud|grateful|thankful|stoked|pumped)\b.*)$
""")
_LOOSE = word_set(
    "a an the to of in on at for from with by and or but because so that which who when as than some any this these "
    "those their his her its our my if while even it they he she is was are were be been not then who's"
)
_COPULAS = frozenset({"is", "are", "was", "were", "on", "due"})


def plain(text: str, names: tuple[str, ...] = ()) -> str:
    """``text`` without openers ("Yeah, so"), trailers ("lol") and the names of those who are spoken to."""
    core = _OPENER.sub("", text, count=1)
    for name in names:
        short = name.split()[0]
        for called in (short, short[:3], short[:4]):
            core = re.sub(rf"^{re.escape(called)}[,!]\s*", "", core)
            core = re.sub(rf",\s*{re.escape(called)}(?=[.!,]|$)", "", core)
    core = _OPENER.sub("", core, count=1)
    core = _TRAILER.sub("", core.rstrip()).strip(" ,;:–—-")
    return core if core else text


def capital(text: str) -> str:
    """``text`` with a capital first letter."""
    return f"{text[:1].upper()}{text[1:]}"


def finished(text: str) -> str:
    """``text`` as a sentence: a capital first, one full stop last."""
    line = " ".join(text.split()).rstrip(" .!,;:–—-…")
    opened, closed = line.count('"') % 2, line.count("(") - line.count(")")
    line += '"' if opened else ""
    line += ")" * max(closed, 0)
    return f"{capital(line)}."


def heading(text: str, limit: int = 72) -> str:
    """``text`` as a heading of at most ``limit`` characters that does not break off after "to" or "with the"."""
    line = " ".join(text.split()).strip(" ,.!;:–—-")
    words = line.split() if len(line) <= limit else line[:limit].rsplit(" ", 1)[0].split()
    while len(words) > 2 and words[-1].lower().strip(",") in (_LOOSE if len(line) > limit else _COPULAS):
        words.pop()
    return " ".join(words).strip(" ,.!;:–—-")


def brief(text: str) -> str:
    """``text`` without what only judges it at the end: "…, it was so much fun"."""
    match = _JUDGED.search(text)
    return finished(text[: match.start()]) if match and len(text[: match.start()].split()) >= 4 else text
