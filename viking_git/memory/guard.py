"""The guard at the doors of a workspace: no file with a secret in it comes in, or goes out, without a person's word.

Every command that takes a file asks it before the first object of that file is written. It looks for nothing that
conversations are not redacted for, and judges only what is new: a secret that a person let in stays in.
"""

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from viking_git.config import CheckPolicy
from viking_git.errors import Refused
from viking_git.memory.redact import allowed
from viking_git.memory.spans import secret_spans
from viking_git.model.text import decode_text

RULE = "VG701"
HINT = (
    "take it out and revoke it; --allow-secrets lets it through, checks.allow_secrets in viking.yaml names what is none"
)

_NAMES = (
    ".env", ".env.*", ".envrc", "*.pem", "*.key", ".npmrc", ".netrc", "_netrc", ".pgpass", ".git-credentials",
    "*.ppk", "*.p12", "*.pfx", "*.jks", "*.kdbx",
)  # fmt: skip
_NOT_NAMES = ("*.pub", "*.example", "*.sample", "*.template", "*.dist")


@dataclass(frozen=True, slots=True)
class Guard:
    """What is let through: nothing, all, or what a policy names.

    Attributes:
        checks: ``allow_secrets`` and ``allow_paths`` of the policy.
        is_open: whether a person said that all of it may pass.
    """

    checks: CheckPolicy = field(default_factory=CheckPolicy)
    is_open: bool = False

    def reason(self, path: str, data: bytes, before: bytes | None = None) -> str:
        """Why the file ``path`` may not hold ``data``, "" where it may; ``before`` is what it held until now."""
        if self.is_open or any(fnmatch.fnmatchcase(path, pattern) for pattern in self.checks.allow_paths):
            return ""
        if before is None and is_secret_name(path):
            return f"is a file of secrets by its name [{RULE}]"
        return _secret(data, self.checks, before or b"")

    def refuse(self, files: Mapping[str, tuple[bytes, bytes | None]]) -> None:
        """Refuse the files, each with what it would hold and what it held until now, if one may not pass.

        Raises:
            Refused: the first that may not, with rule and line.
        """
        for path, (data, before) in files.items():
            if reason := self.reason(path, data, before):
                raise Refused(f"{path} {reason}", hint=HINT)


OPEN = Guard(is_open=True)
"""The guard that lets everything through."""


def is_secret_name(path: str) -> bool:
    """Whether files of the name of ``path`` hold secrets: ``.env``, ``server.key``, ``id_ed25519``."""
    name = PurePosixPath(path).name.casefold()
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in _NOT_NAMES):
        return False
    # A private key of SSH has no suffix: id_ed25519, and not id_mapping.md.
    is_ssh = name.startswith("id_") and "." not in name
    return is_ssh or any(fnmatch.fnmatchcase(name, pattern) for pattern in _NAMES)


def readable(data: bytes) -> str:
    """The text in ``data``, bytes that are none replaced: one bad byte hides no key; "" for binary files."""
    text = decode_text(data)
    if text is None and b"\0" not in data:
        text = data.decode("utf-8", "replace")
    return text or ""


def _secret(data: bytes, checks: CheckPolicy, before: bytes) -> str:
    text = readable(data)
    known = ""
    allow = allowed(checks.allow_secrets)
    for start, end, kind in secret_spans(text):
        value = text[start:end]
        if before and not known:
            known = readable(before)
        if value not in known and not allow(value):
            return f"has what looks like a secret: {kind}, line {text.count(chr(10), 0, start) + 1} [{RULE}]"
    return ""
