"""The contract of every embedder; to add one, add its name here."""

import hashlib
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from viking_git.errors import ModelUnavailable
from viking_git.retrieval import embed
from viking_git.retrieval.embed import Embedder, fingerprint, load_embedder

TEXTS = [
    "The build fails with ModuleNotFoundError after the upgrade.",
    "yes",
    "Ich trinke morgens lieber Tee als Kaffee.",
    "数据库连接超时，重试三次后仍然失败。",
    "word " * 2000,
    "def parse_memory(text: str) -> Memory:\n    return Memory(text)",
    "🦉",
    "broken \ud800 surrogate",
]


@pytest.fixture(params=sorted(embed.PROVIDERS))
def embedder(request: pytest.FixtureRequest, model_cache: Path) -> Embedder:
    return load_embedder(request.param, cache=model_cache, notice=lambda _: None)


def test_a_vector_depends_on_its_text_alone(embedder: Embedder) -> None:
    probe = TEXTS[0]
    others = TEXTS[1:]
    alone = embedder.embed([probe])[0].tobytes()
    assert embedder.embed([probe, *others])[0].tobytes() == alone
    assert embedder.embed([*reversed(others), probe])[-1].tobytes() == alone
    assert embedder.embed([probe] * 20)[7].tobytes() == alone


def test_shape_type_and_length(embedder: Embedder) -> None:
    vectors = embedder.embed([*TEXTS, "", "  \n"])
    assert vectors.shape == (len(TEXTS) + 2, embedder.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors[:-2], axis=1), 1.0, atol=1e-5)
    assert not vectors[-2:].any()
    assert embedder.embed([]).shape == (0, embedder.dim)


def test_the_id_is_known_without_loading_and_is_a_file_name(embedder: Embedder, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.params["embedder"]
    assert fingerprint(name) == embedder.id
    assert not set(embedder.id) & set('/\\:*?"<>| ')


def test_another_process_computes_the_same_bytes(
    embedder: Embedder, model_cache: Path, request: pytest.FixtureRequest
) -> None:
    program = (
        "import hashlib, sys; from pathlib import Path; from viking_git.retrieval.embed import load_embedder\n"
        "e = load_embedder(sys.argv[1], cache=Path(sys.argv[2]), notice=print)\n"
        "print(hashlib.sha256(e.embed([sys.argv[3]]).tobytes()).hexdigest())"
    )
    name = request.node.callspec.params["embedder"]
    done = subprocess.run(
        [sys.executable, "-c", program, name, str(model_cache), TEXTS[0]], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == hashlib.sha256(embedder.embed([TEXTS[0]]).tobytes()).hexdigest()


def test_near_texts_are_nearer_than_far_ones(embedder: Embedder) -> None:
    near, close, far = embedder.embed(["User prefers TypeScript", "The user prefers typescript!", "A storm hit Lisbon"])
    assert near @ close > 0.6
    assert near @ far < 0.4


def test_fingerprints_load_no_library() -> None:
    program = (
        "import sys; from viking_git.retrieval.embed import fingerprint, PROVIDERS\n"
        "for name in PROVIDERS: fingerprint(name)\n"
        "print(sorted({'numpy', 'torch', 'onnxruntime', 'tokenizers', 'faiss'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no embedder is called 'word2vec'") as caught:
        load_embedder("word2vec", cache=tmp_path, notice=lambda _: None)
    assert "hashing, minilm" in (caught.value.hint or "")


def test_a_package_can_bring_an_embedder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution = tmp_path / "tiny-1.0.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text(
        "[viking_git.embedders]\ntiny = tiny_embedder\nbroken = not_a_module_anywhere\n"
    )
    module = types.ModuleType("tiny_embedder")
    vars(module)["fingerprint"] = lambda: "tiny.v1"
    monkeypatch.setitem(sys.modules, "tiny_embedder", module)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert fingerprint("tiny") == "tiny.v1"
    with pytest.raises(ModelUnavailable, match="'broken' does not load"):
        fingerprint("broken")
