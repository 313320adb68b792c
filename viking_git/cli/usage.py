"""What is wrong with the words of a command line, said as our own errors are: a sentence, a hint, exit code 2."""

import re
from typing import Any

import typer

from viking_git.cli.contents import examples
from viking_git.model.names import closest

_GUESS = re.compile(r"\s*(?:Did you mean (?P<one>.+)\?|\(Possible options: (?P<some>.+)\))$")
_SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^Missing (?:argument|option|parameter) '(?P<what>.+?)'.*"), r"\g<what> is missing"),
    (re.compile(r"^No such option: (?P<what>.+)"), r"no option \g<what>"),
    (re.compile(r"^No such command '(?P<what>.*)'\.?"), r"no command \g<what>"),
    (re.compile(r"^Got unexpected extra argument(?:\(s\)|s)? \((?P<what>.+)\)"), r"too much: \g<what>"),
    (re.compile(r"^Option '(?P<what>.+)' requires an argument\.?"), r"\g<what> needs a value"),
    (re.compile(r"^Option '(?P<what>.+)' does not take a value\.?"), r"\g<what> takes no value"),
    (re.compile(r"^Invalid value for (?P<what>.+?): (?:Value error, |Input )?(?P<why>.+)"), r"\g<what>: \g<why>"),
    (re.compile(r"^Invalid value: (?P<why>.+)"), r"\g<why>"),
)  # fmt: skip
"""Typer's sentences, and ours."""


def help_text(error: typer.TyperException) -> str | None:
    """Return the help of a command that was called without arguments and needs some, None for any other error."""
    context: Any = getattr(error, "ctx", None)
    text = error.format_message()
    return text if context is not None and text == context.get_help() else None


def explain_usage(error: typer.TyperException) -> tuple[str, str]:
    """Return what is wrong and what would be right."""
    context: Any = getattr(error, "ctx", None)
    text = error.format_message()
    guess = _guess(text)
    sentence = _GUESS.sub("", text).rstrip(".")
    for form, ours in _SENTENCES:
        if form.match(sentence):
            sentence = form.sub(ours, sentence)
            break
    said = re.sub(r", unable to parse.*", "", sentence).replace("'", "") if "Invalid value for" in text else sentence
    return said, _hint(context, guess)


def _guess(text: str) -> str:
    """What was meant, as typer has it; of several options the one that is really like it, "" where none is."""
    found = _GUESS.search(text)
    if found is None:
        return ""
    if found["one"]:
        return found["one"].replace("'", "")
    return closest(text[: found.start()].rpartition(" ")[2], found["some"].split(", ")) or ""


def _hint(context: Any, guess: str) -> str:
    path = context.command_path if context is not None else "viking-git"
    help_of = f"{path} -h shows what there is"
    if guess:
        return f"did you mean {guess}; {help_of}"
    example = next(iter(examples(context.command.epilog)), "") if context is not None else ""
    return f"{help_of}; an example: {example}" if example and context.parent is not None else help_of
