"""Errors that a person can act on.

Each carries the sentence to show, a hint with the way out, and the exit code of design section 8: 1 when the
answer is no, 2 when the command could not run. One boundary, in ``cli``, prints them.
"""


class VikingError(Exception):
    """The base of every error that viking-git raises on purpose."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class NotAWorkspace(VikingError):
    """No viking.yaml here or above."""


class InvalidURI(VikingError):
    """Text that is no viking:// URI, or one that would leave its tree."""


class UnknownScope(InvalidURI):
    """A URI whose first segment is none of the six scopes."""


class InvalidName(VikingError):
    """A name that some file system, git or this format cannot hold."""


class NotFound(VikingError):
    """A URI, a session or a revision that does not exist."""


class InvalidContent(VikingError):
    """A file or a value that does not fit its format."""


class BadPack(InvalidContent):
    """A pack that is damaged, hostile, or of no known version; nothing of it was written.

    Attributes:
        member: the member of the archive that the message is about, "" for the pack as a whole.
    """

    def __init__(self, message: str, *, member: str = "", hint: str | None = None) -> None:
        super().__init__(f"{member!r} {message}" if member else message, hint=hint)
        self.member = member


class MissingField(InvalidContent):
    """A memory without a field that its category cannot be without."""


class UnsupportedRepository(VikingError):
    """A repository that libgit2 cannot open, or that viking-git must not take over."""


class NoIdentity(VikingError):
    """Git knows no user name or e-mail to sign commits with."""


class RemoteFailed(VikingError):
    """Git could not talk to another repository."""


class ModelUnavailable(VikingError):
    """The embedding model cannot be loaded."""


class NotAllowed(VikingError):
    """A file or a directory that nobody writes, moves or removes by hand; the hint says what does."""


class Exists(VikingError):
    """Something is there already, and the command would have to replace it."""


class NotWritable(VikingError):
    """The repository or the disk under it takes no writes."""


class EditorFailed(VikingError):
    """A person's editor could not be started, or said that it failed."""


class CacheUnwritable(VikingError):
    """A cache that takes no more; answers do without it, upkeep that was asked for does not."""


class Refused(VikingError):
    """The command ran and the answer is no; nothing was changed."""

    exit_code = 1


class WouldDelete(Refused):
    """More would go than is likely meant; asked for with a yes, it goes."""


class DirtyWorkTree(Refused):
    """Edits in the work tree or the staging index overlap what is to be checked out."""


class Busy(Refused):
    """Somebody holds a lock, or a merge or rebase is under way."""


class RefMoved(Refused):
    """Another process moved the branch first, more often than we retry."""


class BrokenRules(Refused):
    """What was to be written breaks a rule of the catalogue; nothing was changed."""
