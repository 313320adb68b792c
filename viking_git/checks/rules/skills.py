"""VG6xx: skills follow the Agent Skills specification (https://agentskills.io/specification)."""

import re
from collections.abc import Iterator

from viking_git.checks.case import Case
from viking_git.checks.finding import Rule, Spot
from viking_git.errors import InvalidContent
from viking_git.model.frontmatter import split_front_matter
from viking_git.model.layers import LAYER_FILES

SKILL = "SKILL.md"
BODY_LINES = 500
"""Lines of a skill's body above which the specification advises to move text into further files."""

_SKILL_DIR = re.compile(r"^(agent/[^/]+/skills/([^/]+))/")


def _skills(case: Case) -> list[tuple[str, str]]:
    found = {(m[1], m[2]) for c in case.files if (m := _SKILL_DIR.match(c.path)) and c.name not in LAYER_FILES}
    return sorted((path, name) for path, name in found if case.tree.is_dir(path))


def invalid(case: Case) -> Iterator[Spot]:
    """Skills without SKILL.md, or with front matter that no agent would take."""
    for directory, name in _skills(case):
        data = case.tree.get(f"{directory}/{SKILL}")
        for problem in case.tools.skill_problems(data, name):
            path = directory if data is None else f"{directory}/{SKILL}"
            yield Spot(path, problem, _line_of(problem, (data or b"").decode(errors="replace")))


def _line_of(problem: str, text: str) -> int:
    """The line of the field that ``problem`` names first, else the first."""
    fields = {line.partition(":")[0]: number for number, line in enumerate(text.splitlines(), 1) if ":" in line}
    named = [word.strip("'\",.") for word in problem.split()]
    return next((fields[word] for word in named if word in fields), 1)


def long_body(case: Case) -> Iterator[Spot]:
    """Skills whose body is empty, or longer than an agent should have to load."""
    for directory, _ in _skills(case):
        data = case.tree.get(f"{directory}/{SKILL}")
        if data is None:
            continue
        try:
            _, body = split_front_matter(data.decode(errors="replace"))
        except InvalidContent:
            continue
        lines = len(body.strip().splitlines())
        if not lines:
            yield Spot(f"{directory}/{SKILL}", "no instructions below the front matter")
        elif lines > BODY_LINES:
            yield Spot(f"{directory}/{SKILL}", f"{lines:,} lines, {BODY_LINES} are advised", BODY_LINES)


RULES = (
    Rule("VG601", "skill-invalid", "error",
         "A skill has a SKILL.md whose name is the directory's and whose description has at most 1,024 characters.",
         "edit the front matter of {path}", invalid),
    Rule("VG602", "skill-body", "warning", "A skill has instructions, in 500 lines or fewer.",
         "move details into files beside SKILL.md", long_body),
)  # fmt: skip
