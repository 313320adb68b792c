"""What is a secret and what is none, and how much work it takes to tell."""

import random
import string
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viking_git.memory import phrases
from viking_git.memory.anchors import places
from viking_git.memory.assignments import assigned_secrets, is_named_secret
from viking_git.memory.recurrence import SHORTEST, Recurrence
from viking_git.memory.redact import redact_messages, redact_text
from viking_git.memory.spans import secret_spans
from viking_git.model.messages import Message

_DICE = random.Random(20261130)
PASSWORD = "Kr0kodil" + "!77x"
TOKEN = "".join(_DICE.choices(string.ascii_letters, k=37)) + "7q9"
HEX = "".join(_DICE.choices("0123456789abcdef", k=40))
BODY = "MII" + "EpAIBAAKCAQEA" + "".join(_DICE.choices(string.ascii_letters + string.digits, k=47))

GIVEN = [
    ("DB_PASS={}", PASSWORD), ("SMTP_PASS={}", PASSWORD), ("pass: {}", PASSWORD), ('{{"pass": "{}"}}', PASSWORD),
    ("tool --pass {} -v", PASSWORD), ("secrets: {}", TOKEN), ("credentials: {}", TOKEN), ("api_keys={}", TOKEN),
    ("passwords: {}", PASSWORD), ("pw: {}", PASSWORD), ("redis-server --requirepass {}", PASSWORD),
    ("Cookie: sessionid={}", TOKEN), ("Set-Cookie: JSESSIONID={}; Path=/", TOKEN),
    ("git clone https://{}@github.com/a/b.git", HEX), ("git clone https://{}:x-oauth-basic@github.com/a/b.git", HEX),
    ("machine git.example.net\n  login ann\n  password {}", PASSWORD),
    ("db.example.net:5432:shop:ann:{}", PASSWORD), ('<add key="SmtpPassword" value="{}" />', PASSWORD),
    ("- name: DB_PASSWORD\n  value: {}", PASSWORD), ("<password>{}</password>", PASSWORD),
    ("docker login -u ann -p {} registry.example.net", PASSWORD), ("htpasswd -b /etc/users ann {}", PASSWORD),
    ("apiVersion: v1\nkind: Secret\ndata:\n  blob: {}\n", "S3Iwa29kaWwhNzc="),
    ("the rest of it:\n{}\nand so on", BODY), ("| `CF_API_TOKEN` | `{}` |", TOKEN),
    ("CREATE USER ann WITH PASSWORD '{}';", PASSWORD), ("define('DB_PASSWORD', '{}');", PASSWORD),
    ("the secret access key for the staging bucket is {}", TOKEN), ("password for 10.2.3.4 is {}", PASSWORD),
    ("Mein Passwort lautet {}, bitte nicht weitergeben", PASSWORD), ("le mot de passe de la base est {}", PASSWORD),
    ("la contrase\u00f1a del servidor es {}", PASSWORD), ("a senha do banco \u00e9 {}", PASSWORD),
    ("\u30d1\u30b9\u30ef\u30fc\u30c9\u306f{}\u3067\u3059", PASSWORD),
    ("\u043f\u0430\u0440\u043e\u043b\u044c: {}", PASSWORD),
    ("log in as root / {}", PASSWORD), ("log in as ann with {} and look", PASSWORD),
    ("use {} as the password", PASSWORD),
    ("creds: ann / {}", PASSWORD), ("my PIN is {} if it asks", "4711"), ("keypad code {} and push", "4711"),
    ('{{"question": "What is the password?", "answer": "{}"}}', PASSWORD),
    ("my wallet seed phrase is {} now",
     "banner cotton pelican chapter scatter tiger bacon bubble lottery clarify silver blossom"),
    ('["./server", "--password", "{}"]', PASSWORD),
]  # fmt: skip

NONE = [
    "clone https://user:pass@example.com/repo.git", "postgresql://user:secret@localhost", "password=secr3t",
    'passwd = "p@ssw0rd"', "arn:aws:secretsmanager:eu-west-1:123:secret:shop/db-S9MVyv2",
    "the token is base64-encoded",
    "the password is in the vault", "the password is stored as sha256",
    "POSTGRES_PASSWORD: ${DB_PASSWORD:?not set at 5pm}",
    "export AWS_ACCESS_KEY_ID=AKIA" + "IOSFODNN7EXAMPLE", "tokens like `ghp_" + "x" * 36 + "`",
    'curl -H "Authorization: Bearer YOUR_TOKEN_1"', "@pytest.mark.parametrize(('username', 'password', 'message'))",
    'git-jump: pass "merge1" to it', "Passwords\n=========",
    "-----BEGIN RSA PRIVATE KEY-----\n(in base64)\n-----END RSA PRIVATE KEY-----",
    "compass: north2, bypass: all4you", "my pass expired on monday2",
    "password authentication failed for user \"ann\" when connecting to db01.example.net?",
    "$ python -c 'import secrets; print(secrets.token_hex())'\nSECRET_KEY = '" + HEX + "'",
    "-----BEGIN DH PARAMETERS-----\nMIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu\n-----END",
    "mysql://u:p@host/db", "postgresql://dbuser:kx%40jj5%2Fg@pghost10/app", "mssql://scott:tiger^5HHH@ms2019:1433/test",
    "kind: ConfigMap\ndata:\n  blob: S3Iwa29kaWwhNzc=\n", "password: <password>", "pin 12 to HIGH",
    "seed the list: abandon hope and read all about it now then go there with them when you can",
]  # fmt: skip


@pytest.mark.parametrize(("template", "secret"), GIVEN, ids=[template[:40] for template, _ in GIVEN])
def test_what_only_its_place_gives_away_does_not_survive(template: str, secret: str) -> None:
    text = f"before\n{template.format(secret)}\nafter"
    clean, counts = redact_text(text)
    assert secret not in clean
    assert counts.total() == 1
    assert clean.startswith("before\n")


@pytest.mark.parametrize("text", NONE, ids=[text[:40] for text in NONE])
def test_samples_and_talk_about_secrets_stay(text: str) -> None:
    assert redact_text(text) == (text, {})


@given(st.lists(st.sampled_from([template.format(secret) for template, secret in GIVEN] + NONE), max_size=8))
def test_spans_are_in_order_and_apart(pieces: list[str]) -> None:
    spans = secret_spans("\n\n".join(pieces))
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert all(start < end for start, end, _ in spans)


def test_words_of_a_command_are_read_together() -> None:
    part = {
        "type": "tool", "tool_name": "run",
        "tool_input": {"argv": ["mysqldump", "-u", "ann", f"-p{PASSWORD}", "shop"], "env": [
            {"name": "DB_PASSWORD", "value": PASSWORD[::-1]}, {"name": "LANG", "value": "C.UTF-8"}]},
    }  # fmt: skip
    (clean,), counts = redact_messages([Message("m", "tool", (part,), "2026-03-04T10:00:00Z")])
    line = clean.to_line().decode()
    assert PASSWORD not in line
    assert PASSWORD[::-1] not in line
    assert clean.parts[0]["tool_input"]["argv"][:3] == ["mysqldump", "-u", "ann"]
    assert counts == {"password": 2}


def test_a_field_called_pass_is_one() -> None:
    assert is_named_secret("pass", PASSWORD)
    assert is_named_secret("smtpPass", PASSWORD)
    assert not is_named_secret("passenger", PASSWORD)
    assert not is_named_secret("max_tokens", "4096")


def test_a_run_without_end_is_not_read_once_for_each_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """``pwd:`` without end cost 53 microseconds a byte: each of the names read 600 characters."""
    looks: Counter[str] = Counter()
    is_bare = "viking_git.memory.assignments._is_bare_secret"

    def counted(keyword: str, value: str, *, exact: bool) -> bool:
        looks[keyword] += len(value)
        return False

    monkeypatch.setattr(is_bare, counted)
    for size in (10_000, 40_000):
        looks.clear()
        assert list(assigned_secrets("pwd:" * size, "pwd:" * size)) == []
        assert looks.total() <= 5 * 600


@pytest.mark.parametrize("size", [1_000, 4_000])
def test_a_crowd_of_names_is_bounded_by_the_length_of_the_text(size: int) -> None:
    low = "pwd " * size
    assert len(list(places(low, ("pwd",), 8, 80))) <= len(low) // 10 + 8
    assert len(list(phrases._keywords(low))) <= len(low) // 40 + 4


def test_looking_for_known_secrets_costs_the_length_of_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand secrets in ten thousand messages took 12.7 seconds: each secret was looked for in each message."""
    known = Recurrence()
    made = ["".join(_DICE.choices(string.ascii_letters + string.digits, k=16)) for _ in range(2_000)]
    for secret in made:
        known.learn(secret, "password")
    looks = Counter[str]()

    class Counted(dict[str, set[tuple[int, int]]]):
        def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
            looks["pieces"] += 1
            return super().get(key, default)  # type: ignore[arg-type]

    monkeypatch.setattr(known, "_pieces", Counted(known._pieces))
    text = f"It was {made[7]}, then {made[1999]}."
    assert [text[start:end] for start, end, _ in known.spans(text)] == [made[7], made[1999]]
    assert looks["pieces"] <= len(text) // 6 + 1


@given(
    st.lists(st.text("ab1!", min_size=SHORTEST, max_size=16), min_size=1, max_size=6),
    st.lists(st.text("ab1! ", max_size=12), min_size=1, max_size=6),
)
def test_every_known_secret_is_found_wherever_it_stands(secrets: list[str], between: list[str]) -> None:
    known = Recurrence()
    for secret in secrets:
        known.learn(secret, "password")
    text = "".join(gap + secrets[place % len(secrets)] for place, gap in enumerate(between))
    clean, position = [], 0
    for start, end, _ in known.spans(text):
        assert text[start:end] in secrets
        clean.append(text[position:start])
        position = end
    assert not any(secret in piece for secret in secrets for piece in [*clean, text[position:]])
