"""Git: the only part of viking-git that imports pygit2."""
