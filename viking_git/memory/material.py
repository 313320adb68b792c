"""Key material that no name announces: bodies of private keys, Kubernetes secrets, the words of a wallet's seed."""

import base64
import binascii
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

Span = tuple[int, int, str]

# How base64 of a private key's DER begins (PKCS#1, PKCS#8, SEC 1, OpenSSH): a certificate or a public key differs.
_DER = re.compile(
    r"(?<![A-Za-z0-9+/=])(?:"
    r"MII[A-Za-z0-9+/]{2}[A-Za-z0-9+/]IBAA?K|MII[A-Za-z0-9+/]{3}IBADANBgkqhkiG|MI(?:IB|IC)[A-Za-z0-9+/]{2}IBAAK|"
    r"MIIF[A-Za-z0-9+/]{2}BOBgkqhkiG9w0BBQ0|MHcCAQEE|MHQCAQEE|MIGkAgEBBD|MIGHAgEAMBMG|MIG2AgEAMBAG|MC4CAQAwBQYDK2V|"
    r"b3BlbnNzaC1rZXktdjE)[A-Za-z0-9+/=]{16,}(?:(?:\s|\\[nr]|[\"',>|])+[A-Za-z0-9+/=]{24,128}){0,200}"
    r"(?:(?:\s|\\[nr])+[A-Za-z0-9+/]{1,80}={0,2}(?![A-Za-z0-9+/=]))?"
)
_DER_HINTS = ("MII", "MHcC", "MHQC", "MIG", "MC4C", "b3Bl")

_KUBE = re.compile(r"kind[\"']?\s*:\s*[\"']?Secret\b")
_KUBE_DATA = re.compile(r"^(?P<indent>[ \t]*)[\"']?(?:data|stringData)[\"']?[ \t]*:[ \t]*\{?[ \t]*$", re.MULTILINE)
_KUBE_LINE = re.compile(
    r"[ \t]+[\"']?[\w./-]{1,80}[\"']?[ \t]*:[ \t]*[\"']?(?P<value>[^\s\"',{}#]{4,8000})[\"']?[ \t]*,?[ \t]*(?:\n|\Z)"
)

_SEED_HINTS = ("seed", "mnemonic", "recovery", "wallet", "bip39", "bip-39", "backup phrase", "secret phrase")
_SEED = re.compile(r"(?<![a-z])(?:[a-z]{3,8}[\s,]{1,3}(?:\d{1,2}[.)]\s?)?){11,23}[a-z]{3,8}(?![a-z])")
_SEED_WORD = re.compile(r"[a-z]{3,8}")
_SEED_LENGTH = 12


def key_bodies(text: str, low: str) -> Iterator[Span]:
    """The bodies of private keys whose BEGIN line is missing."""
    del low
    if any(hint in text for hint in _DER_HINTS):
        for match in _DER.finditer(text):
            yield *match.span(), "private-key"


def kube_secrets(text: str, low: str) -> Iterator[Span]:
    """The values below ``data`` and ``stringData`` of a Kubernetes manifest of the kind Secret."""
    if "secret" not in low or "kind" not in low or not _KUBE.search(text):
        return
    for data in _KUBE_DATA.finditer(text):
        plain = "stringData" in data[0]
        position = data.end() + 1
        while line := _KUBE_LINE.match(text, position):
            value = line["value"]
            if len(line[0]) - len(line[0].lstrip()) <= len(data["indent"]):
                break
            if not value.startswith(("$", "<", "|", ">")) and (plain or _is_base64(value)):
                yield *line.span("value"), "kube-secret"
            position = line.end()


def seed_phrases(text: str, low: str) -> Iterator[Span]:
    """Twelve or more words in a row of the list that wallets draw their seeds from (BIP-39)."""
    if not any(hint in low for hint in _SEED_HINTS):
        return
    for run in _SEED.finditer(text):
        words = list(_SEED_WORD.finditer(text, *run.span()))
        first = 0
        for place, word in enumerate([*words, None]):
            if word is not None and word[0] in _seed_words():
                continue
            if place - first >= _SEED_LENGTH:
                yield words[first].start(), words[place - 1].end(), "seed-phrase"
            first = place + 1


@cache
def _seed_words() -> frozenset[str]:
    """The 2,048 English words of BIP-39, as the library mnemonic ships them (MIT)."""
    return frozenset((files("viking_git.memory") / "seedwords.txt").read_text("ascii").split())


def _is_base64(value: str) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) >= _KUBE_BYTES
    except (binascii.Error, ValueError):
        return False


_KUBE_BYTES = 4
