#!/bin/sh
# A coding agent's conversation becomes git history and searchable memory. Everything happens in the directory $1.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
place=$1
rm -rf "$place"

# An identity and a quiet terminal of the demo's own; nothing of yours is read or changed.
GIT_AUTHOR_NAME=Demo GIT_AUTHOR_EMAIL=demo@example.com GIT_COMMITTER_NAME=Demo GIT_COMMITTER_EMAIL=demo@example.com
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
export GIT_PAGER=cat HF_HUB_OFFLINE=1

# The command as you would type it, then what it prints.
run() {
    printf '\n$'
    for word in "$@"; do
        case $word in
            *[!A-Za-z0-9_./:=@-]*) printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$@"
}

run viking-git init "$place"
cd "$place"
run viking-git add "$here/docs"
run viking-git session import "$here/tests/data/coding_session.jsonl" --session parcel-queue
run viking-git commit
run git log --graph --oneline -n 16
run viking-git tree user/default/memories
run cat user/default/memories/events/2026/*/content.md
first=$(git ls-files 'user/*/memories/preferences/*/content.md' | head -n 1)
run git log -n 1 --format='%h %s%n%(trailers:only)' -- "$first"
run viking-git find "which package manager do we use" --uri viking://user/ --limit 2
run viking-git find "why did two workers get the same job" --limit 3
run viking-git find "where are private transcripts kept" --uri viking://resources/ --limit 2
run git status --short --branch
printf '\nThe workspace is in %s: cat it, grep it, git log it.\n' "$place"
