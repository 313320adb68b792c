"""Every rule has its test file, its proof and its row in the docs."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.checks.trees import Bench, Proof
from viking_git.checks.fix import MENDED
from viking_git.checks.page import explain, rules_page
from viking_git.checks.rules import ON_WRITE, RULES
from viking_git.checks.run import rule
from viking_git.errors import NotFound

HERE = Path(__file__).parent
DOCS = HERE.parent.parent / "docs"
BEGIN, END = "<!-- made by tests/checks/test_catalogue.py -->\n", "<!-- end -->\n"


def module_of(slug: str) -> ModuleType:
    path = HERE / f"test_{slug.replace('-', '_')}.py"
    assert path.is_file(), f"{slug} has no test file"
    spec = importlib.util.spec_from_file_location(f"proof_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_ids_are_in_order_and_slugs_are_unique() -> None:
    assert list(RULES) == sorted(RULES)
    assert all(re.fullmatch(r"VG[1-8]\d\d", name) for name in RULES)
    assert len({found.slug for found in RULES.values()}) == len(RULES)


def test_the_library_runs_errors_that_look_at_the_change_alone() -> None:
    assert {found.severity for found in ON_WRITE} == {"error"}
    assert not any(found.slow for found in ON_WRITE)


def test_every_mender_has_a_rule() -> None:
    assert set(RULES) >= MENDED


def test_every_rule_has_its_test_file_and_its_proof() -> None:
    for found in RULES.values():
        module = module_of(found.slug)
        if found.id != "VG109":
            assert module.PROOF.rule == found.id
    files = {path.stem.removeprefix("test_").replace("_", "-") for path in HERE.glob("test_*.py")}
    assert {found.slug for found in RULES.values()} <= files


def proofs() -> list[Proof]:
    modules = [module_of(found.slug) for found in RULES.values() if found.id != "VG109"]
    return [module.PROOF for module in modules]


def test_the_page_of_rules_is_made_from_them() -> None:
    assert (DOCS / "rules.md").read_text(encoding="utf-8") == rules_page()


def test_the_table_of_proofs_is_made_from_the_tests() -> None:
    rows = [f"| {p.rule} `{RULES[p.rule].slug}` | {p.bad_says} | {p.good_says} |" for p in proofs()]
    table = "\n".join(["| rule | it catches | it passes |", "|---|---|---|", *rows, ""])
    page = (DOCS / "proof.md").read_text(encoding="utf-8")
    assert page.partition(BEGIN)[2].partition(END)[0] == table


def test_rules_are_found_by_id_and_by_slug() -> None:
    assert rule("vg203") is rule("memory-layers")
    assert "byte for byte" in explain(rule("VG203"))
    with pytest.raises(NotFound):
        rule("VG999")


def test_the_valid_workspace_has_not_even_a_note(bench: Bench) -> None:
    assert bench.judge_trees(bench.valid, bench.valid, whole=True, on_trunk=True) == []
