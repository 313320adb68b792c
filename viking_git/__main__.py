"""``viking-git`` and ``python -m viking_git``."""

import sys

from viking_git.cli.streams import drop_unwritten, open_streams


def run() -> None:
    """The entry point."""
    # Before anything opens a file, which would get the number of a closed stream.
    open_streams()
    try:
        from viking_git.cli.main import main
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
    code = main(sys.argv[1:])
    drop_unwritten()
    sys.exit(code)


if __name__ == "__main__":
    run()
