"""Under which topic a preference is kept."""

import re

from viking_git.memory.compare import sense

_TOPICS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (topic, re.compile(rf"(?i)\b(?:{words})\b"))
    for topic, words in (
        ("testing", r"tests?|testing|pytest|vitest|jest|mocha|unittest|coverage|mocks?|mocking|fixtures?|tdd|assertions?|e2e|playwright|cypress"),
        ("git", r"git|commits?|commit messages?|branch(?:es)?|pull requests?|prs?|rebase|squash|merge|merging|changelog|conventional commits"),
        ("communication", r"answers?|replies|reply|responses?|explanations?|explain|emojis?|summar(?:y|ies|ize)|concise|verbose|terse|bullet points?|tone|apologi[sz]e|meetings?|e-?mails?|slack|calls?|language you use|asking me|ask me"),
        ("documentation", r"docs?|documentation|readme|docstrings?|jsdoc|comments?"),
        ("tools", r"pnpm|npm|yarn|bun|poetry|pip|uv|docker|podman|make|makefile|vim|neovim|emacs|vscode|vs code|ide|editor|terminal|tmux|zsh|bash|linter?|eslint|biome|prettier|ruff|black|formatter|homebrew|package manager|ci|github actions|dark mode|light mode|keyboard"),
        ("coding", r"code|coding|typescript|javascript|python|rust|golang|go|java|kotlin|ruby|php|c\+\+|c#|types?|typed|functions?|functional|classes|class|variables?|naming|tabs?|spaces|indent(?:ation)?|quotes|semicolons?|imports?|exports?|async|await|promises|errors?|exceptions?|logging|abstractions?|refactor(?:ing)?|dependenc(?:y|ies)|librar(?:y|ies)|frameworks?|react|vue|svelte|django|flask|fastapi|sql|orm|postgres(?:ql)?|sqlite|mysql|api|rest|graphql|strict mode|lint|modules?|files?|any"),
        ("food", r"food|eat(?:ing)?|cook(?:ing)?|bak(?:e|ing)|coffee|tea|breakfast|lunch|dinner|vegan|vegetarian|meat|fish|cheese|chocolate|spicy|pizza|pasta|sushi|dessert|cuisine|restaurants?|wine|beer|dishes"),
        ("music", r"music|songs?|band|guitar|piano|violin|jazz|rock|classical|concerts?|albums?|playlist|sing(?:ing)?"),
        ("reading", r"books?|read(?:ing)?|novels?|authors?|fiction|poetry|magazines?"),
        ("films", r"films?|movies?|series|tv|documentar(?:y|ies)|cinema|anime"),
        ("sports", r"sports?|run(?:ning)?|swim(?:ming)?|yoga|gym|cycling|biking|hik(?:e|ing)|climb(?:ing)?|football|soccer|basketball|tennis|skiing|surfing|marathons?|workouts?|exercise"),
        ("travel", r"travel(?:l?ing)?|trips?|flights?|flying|trains?|hotels?|aisle seat|window seat|beach(?:es)?|mountains?|road ?trips?|camping"),
        ("work", r"work(?:ing)?|office|remote|mornings?|deadlines?|calendar|schedule|standups?"),
    )
)  # fmt: skip


def topic_of(text: str) -> str:
    """A topic of the table, else the first content words of the preference."""
    for topic, words in _TOPICS:
        if words.search(text):
            return topic
    content = [word for word in re.findall(r"[^\W\d_]{3,}", text.casefold()) if sense(word).words]
    return " ".join(content[:2]) or "general"
