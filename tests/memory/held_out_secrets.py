"""Texts to measure secrets on that nothing was developed with; ``planting.py`` has the set that something was."""

import random
import string

_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_UPPER = string.ascii_uppercase + string.digits


class _Maker:
    """Random values of the forms that services give out."""

    def __init__(self, seed: str) -> None:
        self.rng = random.Random(seed)

    def chars(self, alphabet: str, count: int) -> str:
        """``count`` random characters."""
        return "".join(self.rng.choices(alphabet, k=count))

    def password(self) -> str:
        """A password as people choose it: letters of both cases, digits, a sign."""
        word = self.rng.choice(("Sommer", "dragon", "Krk", "blueTiger", "Tr0ub4dor", "hunter", "Winter"))
        return f"{word}{self.chars('!#%_-', 1)}{self.chars(string.digits, 4)}{self.chars(string.ascii_letters, 3)}"

    def tokens(self) -> list[tuple[str, str]]:
        """(kind, value): one of each service."""
        c = self.chars
        jwt = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI{c(_ALNUM, 30)}.{c(_ALNUM + '-_', 43)}"
        return [
            ("aws id", f"AKIA{c(_UPPER[:26] + '234567', 16)}"),
            ("aws temporary id", f"ASIA{c(_UPPER[:26] + '234567', 16)}"),
            ("github", f"ghp_{c(_ALNUM, 36)}"),
            ("github oauth", f"gho_{c(_ALNUM, 36)}"),
            ("github fine-grained", f"github_pat_{c(_ALNUM, 22)}_{c(_ALNUM, 59)}"),
            ("gitlab", f"glpat-{c(_ALNUM + '-_', 20)}"),
            ("gitlab deploy", f"gldt-{c(_ALNUM, 20)}"),
            ("slack bot", f"xoxb-{c(string.digits, 12)}-{c(string.digits, 13)}-{c(_ALNUM, 24)}"),
            ("slack webhook", f"https://hooks.slack.com/services/T{c(_UPPER, 8)}/B{c(_UPPER, 10)}/{c(_ALNUM, 24)}"),
            ("stripe", f"sk_live_{c(_ALNUM, 24)}"),
            ("stripe restricted", f"rk_live_{c(_ALNUM, 24)}"),
            ("google", f"AIza{c(_ALNUM + '-_', 35)}"),
            ("google oauth", f"GOCSPX-{c(_ALNUM + '-_', 28)}"),
            ("openai", f"sk-proj-{c(_ALNUM + '-_', 74)}T3BlbkFJ{c(_ALNUM + '-_', 74)}"),
            ("anthropic", f"sk-ant-api03-{c(_ALNUM + '-_', 93)}AA"),
            ("hugging face", f"hf_{c(string.ascii_letters, 34)}"),
            ("sendgrid", f"SG.{c(_ALNUM + '-_', 22)}.{c(_ALNUM + '-_', 43)}"),
            ("npm", f"npm_{c(_ALNUM, 36)}"),
            ("pypi", f"pypi-AgEIcHlwaS5vcmc{c(_ALNUM + '-_', 80)}"),
            ("twilio", f"SK{c(_HEX, 32)}"),
            ("digitalocean", f"dop_v1_{c(_HEX, 64)}"),
            ("telegram", f"{c(string.digits[1:], 9)}:AA{c(_ALNUM + '-_', 33)}"),
            ("databricks", f"dapi{c(_HEX, 32)}"),
            ("shopify", f"shpat_{c(_HEX, 32)}"),
            ("jwt", jwt),
            ("grafana", f"glsa_{c(_ALNUM, 32)}_{c(_HEX, 8)}"),
            ("linear", f"lin_api_{c(_ALNUM, 40)}"),
            ("vault", f"hvs.{c(_ALNUM + '-_', 95)}"),
            ("age", f"AGE-SECRET-KEY-1{c('QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L', 58)}"),
            ("mailgun", f"key-{c(_HEX, 32)}"),
            ("notion", f"ntn_{c(string.digits, 11)}{c(_ALNUM, 35)}"),
            ("fly", f"FlyV1 fm2_{c(_ALNUM + '+/', 120)}"),
            ("supabase", f"sbp_{c(_HEX, 40)}"),
        ]


_AROUND = (
    "{name}={value}",
    "export {name}='{value}'",
    "We set it up together; the token is {value} and it works.",
    "```yaml\nenv:\n  {name}: {value}\n```",
    'curl -H "Authorization: Bearer {value}" https://api.example/v1',
    '{{"{name}": "{value}", "region": "eu"}}',
)

_NAMED = (
    "DB_PASSWORD={value}",
    "spring.datasource.password={value}",
    'password = "{value}"  # prod',
    '<add key="SmtpPassword" value="{value}" />',
    "the wifi password is {value}",
    "My password for the router: {value}",
    "Das Passwort lautet {value}.",
    "le mot de passe est {value}",
    "mysql -u root -p'{value}' shop",
    "postgres://app:{value}@db.example:5432/shop",
    "amqp://guest:{value}@queue.example/",
    "redis://:{value}@cache.example:6379/0",
    "https://deploy:{value}@git.example/shop.git",
    "jdbc:mysql://db.example/shop?user=app&password={value}",
    "curl -u admin:{value} https://ci.example/job",
    "Server=db;Database=shop;User Id=sa;Password={value};",
    "login: anna / pw: {value}",
    "machine git.example login anna password {value}",
    "--set adminPassword={value}",
    "  passphrase: {value}",
    "echo '{value}' | docker login -u anna --password-stdin",
    "sshpass -p '{value}' ssh root@203.0.113.9",
)

_LONG = (
    ("AWS_SECRET_ACCESS_KEY={value}", _ALNUM + "/+", 40),
    ("aws_secret_access_key = {value}", _ALNUM + "/+", 40),
    ("AccountKey={value}==;EndpointSuffix=core.windows.net", _ALNUM + "+/", 86),
    ("client_secret: {value}", _ALNUM + "~._-", 40),
    ("SECRET_KEY = 'django-insecure-{value}'", _ALNUM, 50),
    ("api_key: {value}", _HEX, 32),
    ("x-api-key: {value}", _ALNUM, 40),
    ("the api key is {value}", _ALNUM, 32),
    ("Authorization: Basic {value}==", _ALNUM, 22),
    ("Cookie: sessionid={value}", _ALNUM, 32),
    ("DATADOG_API_KEY: {value}", _HEX, 32),
    ("heroku auth token {value}", _HEX, 36),
    ("?sv=2022-11-02&sig={value}%3D", _ALNUM, 43),
)

_KEYS = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\n{a}\n{b}\n-----END OPENSSH PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----\n{a}\n{b}\n-----END RSA PRIVATE KEY-----",
    '{{"private_key": "-----BEGIN PRIVATE KEY-----\\n{a}\\n{b}\\n-----END PRIVATE KEY-----\\n"}}',
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{a}\n{b}\n-----END PGP PRIVATE KEY BLOCK-----",
)


def secret_texts() -> list[tuple[str, str]]:
    """(text, the secret in it): tokens of services, passwords by what stands around them, keys."""
    make = _Maker("secrets, held out")
    found: list[tuple[str, str]] = []
    for number in range(3):
        for place, (kind, value) in enumerate(make.tokens()):
            name = f"{kind.split()[0].upper()}_TOKEN"
            around = _AROUND[(place + 2 * number) % len(_AROUND)]
            found.append((around.format(name=name, value=value), value))
        for shape in _NAMED:
            value = make.password()
            found.append((shape.format(value=value), value))
        for shape, alphabet, length in _LONG:
            value = make.chars(alphabet, length)
            found.append((shape.format(value=value), value))
    for shape in _KEYS:
        a, b = make.chars(_ALNUM, 64), make.chars(_ALNUM, 40)
        found.append((shape.format(a=a, b=b), b))
    return found


_HARMLESS = (
    "commit {hex40} by Dana",
    "Merge {hex7} into main",
    "sha256:{hex64}",
    "integrity sha512-{b64}==",
    "id: {uuid}",
    "request {uuid} took 20 ms",
    'etag: "{hex32}"',
    "session 2026-03-04T10:00:00Z_{hex7}",
    "password: ********",
    "password: <your password>",
    "API_KEY=${{API_KEY}}",
    'token = os.environ["TOKEN"]',
    "const token = await getToken(user)",
    "password = getpass.getpass()",
    "PASSWORD_MIN_LENGTH = 12",
    "the password has to have twelve characters",
    "The token is valid for 15 minutes.",
    "secret: valueFrom: secretKeyRef: name: db-credentials",
    "postgres://localhost:5432/shop",
    "https://user@git.example/shop.git",
    "postgres://user:password@localhost/db is the form of the URL",
    "https://example.com/a?page=2&sort=name",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{b43} dana@laptop",
    "-----BEGIN CERTIFICATE-----\n{b64}\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\n{b64}\n-----END PUBLIC KEY-----",
    "![x](data:image/png;base64,iVBORw0KGgo{b64})",
    "Order 4929-{digits8}-7 was shipped",
    "call +49 30 {digits8}",
    "IBAN DE89 3704 0044 0532 0130 00",
    "tree hash {hex40}, parent {hex40}",
    "uses: actions/checkout@{hex40} # v4",
    "pygit2==1.21.0 --hash=sha256:{hex64}",
    "color: #{hex6}; background: #{hex6}",
    "GITHUB_TOKEN: ${{{{ secrets.GITHUB_TOKEN }}}}",
    "sk-... is how keys of that service begin",
    "AKIA... ids are not secret on their own, but are kept out",
    "viking://user/default/memories/entities/{word}/",
    "import {{ tokenizer, secretSanta }} from './{word}'",
    "mutex.lock(); auth.required = true; pass",
    "bearer of bad news: the {word} is down",
    "passwords are hashed with argon2id, 19 MiB, 2 rounds",
    "the secret ingredient is {word}",
    "MAC 00:1b:44:11:3a:b7, host {word}.example",
    "docker pull registry.example/{word}@sha256:{hex64}",
    "Run {hex32} finished: loss 0.123",
    "msg_{hex32}",
    "Content-MD5: {b22}==",
    "the passphrase hint is my first pet",
    "keyboard layout: de-neo2, api: rest, auth: oauth",
    "version 1.2.3+build.{hex7}",
)


def harmless_texts(each: int = 3) -> list[str]:
    """Texts without a secret that look a little as if there were one."""
    make = _Maker("harmless, held out")
    words = ("billing", "garden", "harbour", "lantern", "otter")
    found: list[str] = []
    for shape in _HARMLESS:
        for _ in range(each):
            h = make.chars(_HEX, 32)
            found.append(
                shape.format(
                    hex6=h[:6],
                    hex7=h[:7],
                    hex32=h,
                    hex40=make.chars(_HEX, 40),
                    hex64=make.chars(_HEX, 64),
                    b22=make.chars(_ALNUM, 22),
                    b43=make.chars(_ALNUM + "+/", 43),
                    b64=make.chars(_ALNUM + "+/", 64),
                    uuid=f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}",
                    digits8=make.chars(string.digits, 8),
                    word=make.rng.choice(words),
                )
            )
    return list(dict.fromkeys(found))
