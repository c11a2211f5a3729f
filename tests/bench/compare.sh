#!/usr/bin/env bash
# compare.sh [TREE]: the whole tool beside others, over trees that are shaped like real repositories (tree.py), and over
# a real one if TREE names it, side by side in one hyperfine run; prints ratios of medians, CPU time and peak memory.
# Generated trees and ripgrep, the newest one on crates.io, are kept in the folder $WORK, if it is set.
# Needs python3, hyperfine and GNU time; yamllint, ansible-lint, checkov and semgrep take part where they are installed.
set -euo pipefail
real=${1:+$(cd "$1" && pwd)}
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
work=${WORK:-$(mktemp -d)}
runs=${RUNS:-15}
for tool in python3 hyperfine; do
  command -v "$tool" >/dev/null || { echo "compare.sh needs $tool" >&2; exit 3; }
done
cargo build --release --locked --quiet
lint=${CARGO_TARGET_DIR:-$PWD/target}/release/ecr-lint
cargo install ripgrep --locked --quiet --root "$work/ripgrep"
rg=$work/ripgrep/bin/rg
"$rg" --version | head -n 1

tree() { # FILES [FOLDERS]: makes the tree once
  local made=$work/tree$1-${2:-}
  [ -e "$made" ] || { python3 "$here/tree.py" "$made.new" "$@" && mv "$made.new" "$made"; }
  echo "$made"
}

# compare NAME REFERENCE COMMAND…: the other commands' medians over the first one's
compare() {
  local name=$1
  shift
  echo
  echo "## $name"
  hyperfine --shell=none --ignore-failure --warmup "${warmup:-3}" --runs "$runs" --export-json "$work/$name.json" "$@" >/dev/null 2>&1
  python3 "$here/table.py" "$work/$name.json"
}

# beside_ripgrep NAME TREE: with as many threads as each takes by itself, with one and with eight
beside_ripgrep() {
  local search="-l ecs_ecr -g *.yml -g *.yaml $2" threads
  for threads in "" -j1 -j8; do
    compare "$1-no-ignore$threads" "$rg $threads -uu $search" "$lint $threads --no-ignore -q $2"
    compare "$1-default$threads" "$rg $threads $search" "$lint $threads -q $2"
  done
}

t=$(tree 90000)
git -C "$t" init --quiet 2>/dev/null || true
beside_ripgrep files "$t"
beside_ripgrep folders "$(tree 60000 120000)"
[ -z "$real" ] || beside_ripgrep real "$real"

# a small tree: some of the others take seconds for every hundred files
small=$(tree 300)
others=("$lint --no-ignore -q $small")
command -v yamllint >/dev/null && others+=("yamllint -d relaxed $small")
command -v ansible-lint >/dev/null && others+=("ansible-lint --offline -q $small")
command -v checkov >/dev/null && others+=("checkov --quiet --compact --framework ansible -d $small")
command -v semgrep >/dev/null && others+=("semgrep scan --metrics off --disable-version-check --config $here/semgrep.yml $small")
warmup=1 runs=${RUNS_SMALL:-3} compare others "${others[@]}"

echo
echo "## growth (ecr-lint --no-ignore)"
for files in 10000 30000 100000 300000; do
  t=$(tree "$files")
  hyperfine --shell=none --ignore-failure --warmup 2 --runs 5 --export-json "$work/growth.json" "$lint --no-ignore -q $t" >/dev/null 2>&1
  printf '%7d files  ' "$files"
  python3 "$here/table.py" "$work/growth.json" | tail -n 1
done

echo
echo "## one dense file of 50 MB, and start-up on a small one"
python3 "$here/dense.py" "$work/dense.yml" 50000000
printf -- '- ecs_ecr: {name: x}\n' >"$work/small.yml"
compare dense "$lint -q $work/dense.yml"
compare start-up "$lint -q $work/small.yml"
