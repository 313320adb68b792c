"""Files that ship with the package: templates and hooks, found beside the package in a wheel, else in the checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def template(name: str) -> str:
    """The text of ``templates/{name}``."""
    return _text("templates", name)


def hook(name: str) -> str:
    """The shell script ``hooks/{name}``."""
    return _text("hooks", name)


def render(name: str, **values: object) -> str:
    """``templates/{name}`` rendered by a sandboxed Jinja; an unknown variable is an error."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(template(name)).render(values)


def _text(kind: str, name: str) -> str:
    packaged = _PACKAGE / "_assets" / kind
    root = packaged if packaged.is_dir() else _PACKAGE.parent / kind
    return (root / name).read_text(encoding="utf-8")
