"""``viking-git`` and ``python -m viking_git``."""

import sys


def run() -> None:
    """The entry point."""
    try:
        from viking_git.cli.main import main
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
