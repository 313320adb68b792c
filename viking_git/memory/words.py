"""Word lists written as prose."""


def word_set(text: str) -> frozenset[str]:
    """The words of ``text``; a word with a space in it is written with an underscore for the space."""
    return frozenset(word.replace("_", " ") for word in text.split())
