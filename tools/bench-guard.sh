#!/usr/bin/env bash
# Whether a commit has made an operation slower: builds benches/vs_pytorch of two commits and runs them in turns, the old
# one in PyTorch's place. Fails if an operation of NEW is slower than OLD by more than the bound. Ratios of one run on one
# machine, so it means the same on any machine; a quiet one is needed all the same.
#
#   tools/bench-guard.sh OLD NEW [--bound 0.9] [--only SUBSTRING] [--group steps] ..    NEW: a commit, or `.` for the work tree
set -euo pipefail

if [[ $# -lt 2 ]]; then
    sed -n '2,/^set/p' "$0" | sed -n 's/^# \{0,1\}//p' >&2
    exit 2
fi
old=$1 new=$2
shift 2
bounded=false grouped=false
for word in "$@"; do
    [[ $word == --bound ]] && bounded=true
    [[ $word == --group ]] && grouped=true
done
$bounded || set -- "$@" --bound 0.9
$grouped || set -- "$@" --group ops

root=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
scratch=$(mktemp -d)
trees=()
clean() {
    for tree in "${trees[@]}"; do
        git -C "$root" worktree remove --force "$tree" || true
    done
    rm -rf "$scratch"
}
trap clean EXIT

# Builds the bench of a tree; prints the executable's path. The dependencies are compiled once for both.
build() {
    local messages
    messages=$(cd "$1" && CARGO_TARGET_DIR=$scratch/target cargo bench --quiet --locked --no-run --bench vs_pytorch \
        --message-format=json)
    sed -n 's/.*"executable":"\([^"]*\/vs_pytorch-[^"]*\)".*/\1/p' <<<"$messages" | tail -n 1
}

# A tree of a commit, named so that the two builds differ.
tree() {
    git -C "$root" worktree add --quiet --detach "$scratch/$1" "$2"
    trees+=("$scratch/$1")
}

tree old "$old"
old_bench=$(build "$scratch/old")
if [[ $new == . ]]; then
    new_bench=$(build "$root")
else
    tree new "$new"
    new_bench=$(build "$scratch/new")
fi
"$new_bench" --against "$old_bench" "$@"
