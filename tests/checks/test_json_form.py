"""VG502 json-form."""

import json

from tests.checks.trees import RELATIONS, Bench, Proof

PROOF = Proof(
    "VG502",
    bad={RELATIONS: lambda data: json.dumps(json.loads(data)).encode()},
    good={RELATIONS: lambda data: data},
    bad_says="relations on one line",
    good_says="relations as they are written",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1
