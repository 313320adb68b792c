"""Word lists and long expressions, written so that they can be read."""

import re


def word_set(text: str) -> frozenset[str]:
    """The words of ``text``; a word with a space in it is written with an underscore for the space."""
    return frozenset(word.replace("_", " ") for word in text.split())


def pattern(regex: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    """An expression that may be broken over lines: line breaks and indentation do not count, other spaces do."""
    return re.compile(re.sub(r"\n\s*", "", regex), flags)
