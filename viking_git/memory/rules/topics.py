"""Under which topic a preference is kept."""

import re

from viking_git.model.statements import sense

_WORDS: dict[str, tuple[str, ...]] = {
    "testing": (
        "tests?|testing|pytest|vitest|jest|mocha|unittest|coverage|mocks?|mocking|fixtures?|tdd|assertions?|e2e|",
        "playwright|cypress",
    ),
    "git": (
        "git|commits?|commit messages?|branch(?:es)?|pull requests?|prs?|rebase|squash|merge|merging|changelog|",
        "conventional commits|push|main branch|co-authored|force[- ]push",
    ),
    "communication": (
        "answers?|replies|reply|responses?|explanations?|explain|emojis?|summar(?:y|ies|ize)|concise|verbose|terse|",
        "bullet points?|tone|apologi[sz]e|meetings?|e-?mails?|slack|calls?|asking me|ask me",
    ),
    "documentation": ("docs?|documentation|readme|docstrings?|jsdoc|comments?",),
    "tooling": (
        "pnpm|npm|yarn|poetry|pip|uv|docker|podman|makefile|vim|neovim|emacs|vscode|vs code|ide|editor|",
        "terminal|tmux|zsh|bash|linter?|eslint|biome|prettier|ruff|formatter|homebrew|package manager|packages?|ci|",
        "github actions|dark mode|light mode|keyboard",
    ),
    "coding": (
        "code|coding|typescript|javascript|python|rust|golang|java|kotlin|ruby|php|types?|typed|functions?|",
        "functional|classes|class|variables?|naming|tabs?|spaces|indent(?:ation)?|quotes|semicolons?|imports?|"
        "exports?|",
        "async|await|promises|errors?|exceptions?|logging|abstractions?|refactor(?:ing)?|dependenc(?:y|ies)|",
        "librar(?:y|ies)|frameworks?|react|vue|svelte|django|flask|fastapi|sql|orms?|postgres(?:ql)?|sqlite|mysql|api|",
        "graphql|strict mode|lint|composition|inheritance|language|names|modules?|files?|dataclass(?:es)?|dicts?",
    ),
    "food": (
        "food|eat(?:ing)?|cook(?:ing)?|bak(?:e|ing)|coffee|tea|breakfast|lunch|dinner|vegan|vegetarian|meat|fish|"
        "cheese|",
        "chocolate|spicy|pizza|pasta|sushi|dessert|cuisine|restaurants?|wine|beer|dishes",
    ),
    "music": ("music|songs?|band|guitar|piano|violin|jazz|rock|classical|concerts?|albums?|playlist|sing(?:ing)?",),
    "reading": ("books?|read(?:ing)?|novels?|authors?|fiction|poetry|magazines?",),
    "films": ("films?|movies?|series|tv|documentar(?:y|ies)|cinema|anime",),
    "sports": (
        "sports?|run(?:ning)?|swim(?:ming)?|yoga|gym|cycling|biking|hik(?:e|ing)|climb(?:ing)?|football|soccer|",
        "basketball|tennis|skiing|surfing|marathons?|workouts?|exercise",
    ),
    "travel": (
        "travel(?:l?ing)?|trips?|flights?|flying|trains?|hotels?|aisle seat|window seat|beach(?:es)?|mountains?|",
        "road ?trips?|camping",
    ),
    "work": ("work(?:ing)?|office|remote|mornings?|deadlines?|calendar|schedule|standups?",),
}
_TOPICS = {topic: re.compile(rf"(?i)\b(?:{''.join(words)})\b") for topic, words in _WORDS.items()}


def topic_of(text: str, otherwise: str = "") -> str:
    """The first topic of the table whose words ``text`` has, else ``otherwise``, else its first content words."""
    for topic, words in _TOPICS.items():
        if words.search(text):
            return topic
    if otherwise:
        return otherwise
    content = [word for word in re.findall(r"[^\W\d_]{3,}", text.casefold()) if sense(word).words]
    return " ".join(content[:2]) or "general"
