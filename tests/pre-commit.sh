#!/usr/bin/env bash
# Tries the hook of .pre-commit-hooks.yaml with pre-commit itself, on the commit that is checked out: clean files
# pass, flagged ones fail, and more files than fit one command line are all checked.
# Without pre-commit it says so; with CI_STRICT=1 that is a failure.
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd)

if ! command -v pre-commit >/dev/null; then
  echo "not run: the pre-commit hook: pre-commit is not installed"
  [ "${CI_STRICT:-0}" != 1 ]
  exit
fi

fail() {
  printf 'pre-commit: %s\n%s\n' "$1" "${output:-}"
  exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# try-repo clones the last commit of the project into this cache and builds it there
export PRE_COMMIT_HOME="$scratch/cache" GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
mkdir "$scratch/playbooks" && cd "$scratch/playbooks"
git init --quiet

try() { output=$(pre-commit try-repo "$project" ecr-lint --ref "$(git -C "$project" rev-parse HEAD)" 2>&1); }

task() { printf -- '- community.aws.ecs_ecr:\n    name: x\n    image_tag_mutability: %s\n' "$1"; }

task immutable >clean.yml
task mutable >note.txt
git add .
try || fail "a clean file did not pass"

task mutable >bad.yaml
git add .
if try; then fail "a flagged file passed"; fi
grep -q '^bad.yaml:3:5: medium: ' <<<"$output" || fail "the finding is not shown"
git rm --quiet --cached bad.yaml

# names of 200 bytes: 4,000 of them are several command lines of at most 128 KiB
long=$(printf 'x%.0s' {1..190})
mkdir many
for number in {1..4000}; do task immutable >"many/$number-$long.yml"; done
git add many
try || fail "several batches of clean files did not pass"
task mutable >"many/1-$long.yml"
task mutable >"many/4000-$long.yml"
git add many
if try; then fail "flagged files in several batches passed"; fi
[ "$(grep -c ': medium: ' <<<"$output")" = 2 ] || fail "the two findings in different batches are not both shown"
[ "$(grep -c ' checked, ' <<<"$output")" -gt 1 ] || fail "the files went through in one batch"
echo "pre-commit: the hook passes and fails as it should"
