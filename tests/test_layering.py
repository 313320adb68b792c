"""The house's arrows (docs/architecture.md) and fences, read from the imports themselves."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "viking_git"

LAYERS = [
    {"errors", "plainyaml", "private", "telemetry"},
    {"model", "config", "assets"},
    {"store", "memory"},
    {"checks", "retrieval", "resources", "pack"},
    {"session", "review"},
    {"initialise", "opening", "files"},
    {"workspace"},
    {"cli", "server", "client"},
]
RANK = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}

ONLY_IN = {
    "pygit2": ("store/",),
    "faiss": ("retrieval/index", "retrieval/nearest"),
    "typer": ("cli/",),
    "subprocess": ("store/remote.py", "store/worktree.py", "cli/editor.py"),
}
INSIDE_FUNCTIONS = {
    "torch", "sentence_transformers", "onnxruntime", "onnx", "tokenizers", "transformers", "fastapi", "mcp", "pymilvus",
    "openai", "faiss",
}  # fmt: skip


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(module: Path) -> str:
    inside = module.relative_to(PACKAGE)
    return inside.parts[0].removesuffix(".py")


def imports(module: Path) -> Iterator[tuple[str, bool]]:
    """Every imported module's dotted name, and whether the import stands at module level."""
    tree = ast.parse(module.read_text())
    inside = {
        id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) for n in ast.walk(f)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) not in inside
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, id(node) not in inside
            for alias in node.names:
                yield f"{node.module}.{alias.name}", id(node) not in inside


@pytest.mark.parametrize("module", modules(), ids=lambda m: str(m.relative_to(PACKAGE)))
def test_arrows_never_point_back(module: Path) -> None:
    here = room(module)
    if here in {"__init__", "__main__"}:
        return
    for name, _ in imports(module):
        parts = name.split(".")
        if parts[0] != "viking_git" or len(parts) < 2 or parts[1] not in RANK:
            continue
        there = parts[1]
        assert there == here or RANK[there] < RANK[here], f"{here} imports {name}"


@pytest.mark.parametrize("module", modules(), ids=lambda m: str(m.relative_to(PACKAGE)))
def test_fences(module: Path) -> None:
    inside = str(module.relative_to(PACKAGE))
    source = module.read_text()
    for name, top_level in imports(module):
        library = name.split(".")[0]
        if library in ONLY_IN:
            assert inside.startswith(ONLY_IN[library]), f"{inside} imports {library}"
        if library in INSIDE_FUNCTIONS and "TYPE_CHECKING" not in source:
            assert not top_level, f"{inside} imports {library} at module level"
        assert library != "click", "typer carries its own click"
    if not inside.startswith(("cli/", "server/", "config.py", "telemetry.py")):
        assert "os.environ" not in source
    assert "force=True" not in source


def test_no_module_has_grown_beyond_reading() -> None:
    long = {str(m.relative_to(PACKAGE)): n for m in modules() if (n := len(m.read_text().splitlines())) > 400}
    assert not long


@pytest.mark.parametrize("command", [["ls"], ["version"], ["status"], ["log"], ["tree"]])
def test_light_commands_load_nothing_heavy(command: list[str], tmp_path: Path) -> None:
    program = (
        "import sys; from viking_git.cli.main import main\n"
        f"assert main(['init', {str(tmp_path / 'w')!r}]) == 0\n"
        "for name in [n for n in sys.modules if n.startswith('viking_git')]: del sys.modules[name]\n"
        "from viking_git.cli.main import main\n"
        f"assert main(['-C', {str(tmp_path / 'w')!r}, *{command!r}]) == 0\n"
        "print(','.join(sorted({n.split('.')[0] for n in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.splitlines()[-1].split(","))
    assert not loaded & {"numpy", "faiss", "onnxruntime", "torch", "sentence_transformers", "tokenizers", "onnx"}
