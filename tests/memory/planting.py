"""Secrets that never existed, put together at run time so that no scanner finds one in this repository."""

import base64
import random
import string

_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"


def _draw(seed: str, length: int, letters: str = _ALNUM) -> str:
    """Letters drawn for ``seed``, with a digit, a small and a big letter among them where ``letters`` has such."""
    dice = random.Random(seed)
    while True:
        text = "".join(dice.choice(letters) for _ in range(length))
        wanted = [
            kind for kind in (string.digits, string.ascii_lowercase, string.ascii_uppercase) if set(kind) & set(letters)
        ]
        if all(set(kind) & set(text) for kind in wanted):
            return text


def _jwt() -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(b'{"sub":"1234567890","name":"Ada"}').decode().rstrip("=")
    return f"{head}.{body}.{_draw('jwt', 43)}"


def _pem() -> str:
    lines = "\n".join(_draw(f"pem{n}", 64, _ALNUM + "+/") for n in range(12))
    return f"-----BEGIN {'RSA'} PRIVATE{' '}KEY-----\n{lines}\n-----END RSA PRIVATE{' '}KEY-----"


KEYS: dict[str, str] = {
    "aws-access-key": "AK" + "IA" + _draw("aws", 16, string.ascii_uppercase + "234567"),
    "github-token": "gh" + "p_" + _draw("gh", 36),
    "github-token ": "github" + "_pat_" + _draw("ghf", 22) + "_" + _draw("ghf2", 59),
    "gitlab-token": "gl" + "pat-" + _draw("gl", 20),
    "openai-key": "s" + "k-proj-" + _draw("oa", 48) + "T3Blbk" + "FJ" + _draw("oa2", 48),
    "anthropic-key": "s" + "k-ant-api03-" + _draw("an", 93) + "AA",
    "slack-token": "xo" + "xb-" + _draw("sl1", 12, string.digits) + "-" + _draw("sl2", 24),
    "google-api-key": "AI" + "za" + _draw("go", 35),
    "stripe-key": "s" + "k_live_" + _draw("st", 24),
    "npm-token": "npm" + "_" + _draw("npm", 36),
    "pypi-token": "py" + "pi-AgEIcHlwaS5vcmc" + _draw("py", 120),
    "sendgrid-key": "S" + "G." + _draw("sg", 22) + "." + _draw("sg2", 43),
    "huggingface-token": "h" + "f_" + _draw("hf", 34, string.ascii_letters),
    "digitalocean-token": "do" + "p_v1_" + _draw("do", 64, _HEX),
    "telegram-token": _draw("tg", 9, string.digits) + ":" + "A" * 2 + _draw("tg2", 33),
    "twilio-key": "S" + "K" + _draw("tw", 32, _HEX),
    "jwt": _jwt(),
    "private-key": _pem(),
    "stripe-webhook-secret": "wh" + "sec_" + _draw("wh", 32),
    "vault-token": "hv" + "s." + _draw("hv", 90),
    "docker-token": "dc" + "kr_pat_" + _draw("dk", 27),
}
"""Keys with a mark of their own, by kind."""

NAMED: dict[str, tuple[str, str]] = {
    "password =": ("db_password = '{}'", _draw("p1", 12)),
    "env": ("export DB_PASSWORD={}", _draw("p2", 14)),
    "yaml": ("  password: {}", _draw("p3", 12) + "!"),
    "json": ('{{"client_secret": "{}"}}', _draw("p4", 32)),
    "escaped json": ('{{\\"api_key\\": \\"{}\\"}}', _draw("p5", 32)),
    "typed": ('const token: string = "{}";', _draw("p6", 40)),
    "spoken": ("my password is {}, please don't tell", _draw("p7", 11) + "#1"),
    "option": ("mytool login --password {} --verbose", _draw("p8", 10)),
    "url": ("postgres://app:{}@db.internal:5432/app", _draw("p9", 16)),
    "redis url": ("redis://:{}@cache:6379/0", _draw("p10", 16)),
    "header": ("curl -H 'Authorization: Bearer {}' https://x.io", _draw("p11", 40)),
    "basic": ("Authorization: Basic {}", base64.b64encode(b"ada:" + _draw("p12", 12).encode()).decode()),
    "aws pair": ("aws_secret_access_key = {}", _draw("p13", 40, _ALNUM + "/+")),
    "query": ("https://api.x.io/v1?access_token={}&page=2", _draw("p14", 32)),
    "call": ('client.setPassword("{}")', _draw("p15", 12)),
    "compared": ('if (password === "{}") {{', _draw("p16", 12)),
    "npmrc": ("//registry.example.org/:_authToken={}", _draw("p17", 36)),
    "mysql": ("mysql -u root -p{} app", _draw("p18", 12)),
    "curl user": ("curl -u deploy:{} https://x.io", _draw("p19", 14)),
    "set to": ("the api key is {} for now", _draw("p20", 32)),
}
"""Secrets that only what stands around them gives away: a template, and the secret."""

HARMLESS: tuple[str, ...] = (
    "commit " + _draw("c", 40, _HEX),
    "sha256:" + _draw("c2", 64, _HEX),
    "id 123e4567-e89b-12d3-a456-426614174000",
    "![x](data:image/png;base64," + _draw("b", 4000, _ALNUM + "+/") + ")",
    '"integrity": "sha512-' + _draw("i", 86, _ALNUM + "+/") + '=="',
    "max_tokens: 4096, total_tokens=1234567, tokens: 128000",
    "password: string;",
    "def login(password: str, token: str | None = None) -> None:",
    "token = get_token(request)",
    "const token = await getAccessToken2(config.auth0);",
    "secret: ${{ secrets.DEPLOY_TOKEN }}",
    "password = os.environ['DB_PASSWORD']",
    "DB_PASSWORD=$DB_PASSWORD",
    "api_key: <your-api-key>",
    'placeholder="Enter your password"',
    "the password is required and the token is invalid.",
    "The token is 8192 bytes long; a secret is something you keep.",
    "I forgot my password: how do I reset it?",
    "pass: the tests pass: all 12 of them",
    "key: value, primary_key=True, foreign_key: users.id, sort_key = name",
    "git@github.com:ada/project.git and https://github.com/ada/project",
    "http://localhost:8080/path and https://user@host/x",
    "tokenizer = AutoTokenizer.from_pretrained('bert-base-uncased')",
    "next_token=abc123def456ghi789 is the page to fetch",
    "task-management-system-with-a-very-long-name-2024-edition-v2",
    "risk-adjusted-returns-over-the-last-10-years-in-percent",
    'eyJ is how base64 of {" begins',
    "grep -r 'BEGIN RSA PRIVATE" + " KEY' .",
    "const passwordField = document.querySelector('#password')",
    "type Credentials = { username: string; password: string }",
    "token_type: bearer, token_endpoint: https://id.example.org/token",
    "ERROR 2026-03-04T09:21:04.412Z auth: token expired at 1772616064",
    "AKIA is the prefix of access keys, sk-test a made-up one",
    "secret santa: we draw names on Friday",
    "bearer of bad news, the bearer token spec is RFC 6750",
    "toolu_01A09q90qw90lq917835lq9 and msg_01XFDUDYJgAACzvnptvVoYEL",
)
"""Lines in which there is nothing to hide."""
