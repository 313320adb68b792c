"""``index status|build|clear|compact`` and ``stats``."""

from typing import TYPE_CHECKING, Annotated

import typer

from viking_git.cli.contents import Commands
from viking_git.cli.output import AsJson, plural, printable, put_json, say, workspace_of

if TYPE_CHECKING:
    from viking_git.session.stats import Stats


_NAMED = 10
"""Files that are named."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    index = Commands()
    index.command("status", epilog="Example: viking-git index status --json")(status)
    index.command("build", epilog="Example: viking-git index build --embedder minilm")(build)
    index.command("clear", epilog="Example: viking-git index clear --vectors")(clear)
    index.command("compact", epilog="Example: viking-git index compact")(compact)
    app.add_typer(
        index,
        name="index",
        help="The search index, a cache outside git: look, build, clear, compact.",
        epilog="Example: viking-git index status",
    )
    app.command(epilog="Example: viking-git stats --json")(stats)


def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Show what the search index holds and what it takes on disk. Builds nothing."""
    from viking_git.session.indexes import status as index_status

    found = index_status(workspace_of(context).searching)
    if as_json:
        put_json(found.to_json())
        return
    print(f"embedder {found.embedder} ({found.fingerprint})")
    held = found.held
    if held is None:
        print("no index yet: the first find builds it, or viking-git index build")
    else:
        state = "up to date" if held.is_true else "behind: the next find brings it up to date"
        print(f"{plural(held.units, 'unit')}, {_bytes(found.size)}, {state}")
        if held.missing:
            print(f"  {held.missing:,} without a vector yet")
        if held.dead:
            print(f"  {plural(held.dead, 'dead row')}: viking-git index compact")
        _show_left_out(held.left_out)
    print(f"in {found.home}")
    if found.others:
        print(f"{plural(len(found.others), 'other index', 'other indexes')} of past commits or other embedders, "
              f"{_bytes(sum(one.size for one in found.others))}")  # fmt: skip
    print(f"vectors of all workspaces: {_bytes(found.vectors)}")


def _show_left_out(left_out: dict[str, str]) -> None:
    if left_out:
        print(f"  {plural(len(left_out), 'file')} not searchable in full, or not as written")
    for path, reason in list(left_out.items())[:_NAMED]:
        print(f"    {printable(path)}: {reason}")
    if len(left_out) > _NAMED:
        print("    … (--json names all)")


def build(
    context: typer.Context,
    embedder: Annotated[
        str | None, typer.Option(metavar="NAME", help="Use this embedder from now on (git config viking.embedder).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Build the search index, or bring it up to date. A new embedder costs one embedding of each distinct text."""
    from viking_git.session.indexes import build as index_build

    workspace = workspace_of(context)
    built = index_build(workspace.searching, embedder)
    if embedder and workspace.environment.embedder:
        say(f"note: VIKING_EMBEDDER={workspace.environment.embedder} goes before git config in this environment")
    report = built.report
    if as_json:
        put_json(
            {
                "units": built.units, "added": report.added, "removed": report.removed, "embedded": report.computed,
                "seconds": round(built.seconds, 3), "degraded": report.behind or None,
            }
        )  # fmt: skip
        return
    if report.behind:
        say(f"note: {report.behind}")
    print(f"{plural(built.units, 'unit')}: +{report.added:,} -{report.removed:,}, "
          f"{plural(report.computed, 'text')} embedded in {built.seconds:.1f} s")  # fmt: skip


def clear(
    context: typer.Context,
    vectors: Annotated[
        bool, typer.Option("--vectors", help="The cache of vectors too, which all workspaces share.")
    ] = False,
) -> None:
    """Remove this workspace's search indexes. Nothing is lost: the next find builds what it needs."""
    from viking_git.session.indexes import clear as index_clear

    print(f"freed {_bytes(index_clear(workspace_of(context).searching, vectors=vectors))}")


def compact(context: typer.Context) -> None:
    """Write the search index anew without what is gone, and remove those of past commits and other embedders."""
    from viking_git.session.indexes import compact as index_compact

    before, after = index_compact(workspace_of(context).searching)
    print(f"{_bytes(before)} -> {_bytes(after)}")


def stats(context: typer.Context, as_json: AsJson = False) -> None:
    """Show what is remembered, how it grew, and how search does."""
    from viking_git.session.stats import stats as count

    found = count(workspace_of(context).searching)
    if as_json:
        put_json(found.to_json())
        return
    _print_stats(found)


def _print_stats(found: "Stats") -> None:
    for (owner, category), count in found.memories.items():
        print(f"{count:8,}  {category} of {owner}")
    print(f"{sum(found.memories.values()):8,}  memories, {plural(found.sessions, 'session')} with "
          f"{plural(found.messages, 'archived message')}, {plural(found.documents, 'document')}")  # fmt: skip
    if found.growth:
        print("memories by month: " + ", ".join(f"{month} {count:,}" for month, count in found.growth.items()))
    held, cache = found.index.held, found.cache
    print(f"index: {plural(held.units if held else 0, 'unit')}, {_bytes(found.index.size)}")
    asked = cache["hits"] + cache["computed"]
    share = f", {100 * cache['hits'] / asked:.0f}% of {asked:,} look-ups" if asked else ""
    print(f"vectors: {plural(cache['texts'], 'text')} in the cache, {plural(cache['hits'], 'hit')}{share}")
    if found.latency is None:
        print("queries: not logged (git config viking.querylog true logs them, on this machine only)")
        return
    stages = ", ".join(f"{stage} {1000 * taken:.0f}" for stage, taken in found.latency["stages"].items())
    print(f"queries: {found.latency['queries']:,}, p50 {1000 * found.latency['p50']:.0f} ms, "
          f"p95 {1000 * found.latency['p95']:.0f} ms ({stages})")  # fmt: skip


def _bytes(count: int) -> str:
    if count < 1_000_000:
        return f"{count / 1_000:.0f} kB"
    return f"{count / 1_000_000:.1f} MB"
