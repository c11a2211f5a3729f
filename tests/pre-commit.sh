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
  printf 'pre-commit: %s\n%s\n' "$1" "${output:0:4000}"
  exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export PRE_COMMIT_HOME="$scratch/cache" GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
# pre-commit builds twice below; this is about the hook, so the builds share what they can and are quick
export CARGO_TARGET_DIR="$scratch/target" CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
export CARGO_PROFILE_RELEASE_OPT_LEVEL=0
commit=$(git -C "$project" rev-parse HEAD)
mkdir "$scratch/playbooks" && cd "$scratch/playbooks"
git init --quiet

run() { output=$(pre-commit run --all-files --verbose --color never 2>&1); }
task() { printf -- '- community.aws.ecs_ecr:\n    name: x\n    image_tag_mutability: %s\n' "$1"; }

task immutable >clean.yml
task mutable >note.txt
git add .
output=$(pre-commit try-repo "$project" ecr-lint --ref "$commit" --all-files --color never 2>&1) ||
  fail "try-repo: a clean file did not pass"
grep -q 'Passed' <<<"$output" || fail "try-repo: the clean file was not checked"

printf 'repos:\n  - repo: %s\n    rev: %s\n    hooks:\n      - id: ecr-lint\n' "$project" "$commit" >.pre-commit-config.yaml
git add .
run || fail "a clean file did not pass"
grep -q '2 files checked' <<<"$output" || fail "the hook is not given the YAML files and only those"

task mutable >bad.yaml
git add .
if run; then fail "a flagged file passed"; fi
grep -q '^bad.yaml:3:5: warning: ' <<<"$output" || fail "the finding is not shown"

task immutable >'--exclude=*.yaml'
git add .
if run; then fail "a name that looks like an option was taken for one"; fi
git rm --quiet --force -- bad.yaml '--exclude=*.yaml'

# names of 200 bytes: 2,000 of them do not fit the 128 KiB that pre-commit gives one command line
long=$(printf 'x%.0s' {1..190})
mkdir many
for number in {1..2000}; do task immutable >"many/$number-$long.yml"; done
git add many
run || fail "several batches of clean files did not pass"
[ "$(grep -c ' checked, ' <<<"$output")" -gt 1 ] || fail "the files went through in one batch"
for number in {1..2000..50}; do task mutable >"many/$number-$long.yml"; done
if run; then fail "flagged files in several batches passed"; fi
[ "$(grep -c ': warning: ' <<<"$output")" = 40 ] || fail "not every finding is shown"
echo "pre-commit: the hook passes and fails as it should"
