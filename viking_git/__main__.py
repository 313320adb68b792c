"""``python -m viking_git``."""

from viking_git.cli.main import run

run()
