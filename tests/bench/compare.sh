#!/usr/bin/env bash
# compare.sh [FOLDER]: the whole tool beside others, over a tree that is shaped like real repositories
# (tree.py), side by side in one hyperfine run; prints ratios of medians, CPU time and peak memory.
# Needs python3, hyperfine, ripgrep and GNU time; yamllint, ansible-lint, checkov and semgrep take part
# where they are installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
work=${1:-$(mktemp -d)}
runs=${RUNS:-15}
for tool in python3 hyperfine rg; do
  command -v "$tool" >/dev/null || { echo "compare.sh needs $tool" >&2; exit 3; }
done
cargo build --release --locked --quiet
lint=$PWD/target/release/ecr-lint

tree() { # FILES: makes the tree once
  [ -e "$work/tree$1" ] || { python3 "$here/tree.py" "$work/tree$1.new" "$1" && mv "$work/tree$1.new" "$work/tree$1"; }
  echo "$work/tree$1"
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

t=$(tree 90000)
git -C "$t" init --quiet 2>/dev/null || true
compare no-ignore "rg -uu -l ecs_ecr -g *.yml -g *.yaml $t" "$lint --no-ignore -q $t"
compare default "rg -l ecs_ecr -g *.yml -g *.yaml $t" "$lint -q $t"

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
