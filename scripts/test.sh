#!/usr/bin/env bash
# Installs what the tests need and is missing, builds once, runs every test project one after another.
# Words select test projects by name: scripts/test.sh ControlPlane Web
# The last line reads 'N passed, N failed, N skipped'; the exit code is 0 only when tests ran and none failed.
set -euo pipefail
# A job in the background of a script ignores Ctrl-C, and so would every program that the tests start and stop by it.
if [ -z "${MESHCONSOLE_TEST_SIGNALS:-}" ] && env --default-signal=INT true 2>/dev/null; then
  MESHCONSOLE_TEST_SIGNALS=default exec env --default-signal=INT bash "${BASH_SOURCE[0]}" "$@"
fi

source "$(dirname "${BASH_SOURCE[0]}")/sdk.sh"
require_sdk
cd "$root"
if [ -n "${CI:-}" ]; then
  export MSBUILDDISABLENODEREUSE=1 # no build process outlives the run
fi

results="$(mktemp -d)"
trap 'rm -rf "$results"' EXIT
passed=0 failed=0 skipped=0 broken=0

finish() {
  echo "$passed passed, $failed failed, $skipped skipped"
  if [ "$failed" -gt 0 ] || [ "$broken" -gt 0 ] || [ "$passed" -eq 0 ]; then
    exit 1
  fi
  exit 0
}

# A step that must succeed before tests can run; its failure counts as one.
step() {
  local title="$1" began=$SECONDS
  shift
  echo "== $title"
  if ! "$@"; then
    echo "== $title: failed after $((SECONDS - began)) s"
    failed=$((failed + 1))
    finish
  fi
  echo "== $title: $((SECONDS - began)) s"
}

install_tools() {
  local missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
  [ -d /usr/share/fonts/truetype/liberation ] || [ -d /usr/share/fonts/truetype/liberation2 ] || missing+=(fonts-liberation)
  if [ "${#missing[@]}" -eq 0 ]; then
    return 0
  fi
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need ${missing[*]}. On Debian or Ubuntu: sudo apt-get install ${missing[*]}"
    return 1
  fi
  echo "Installing ${missing[*]} …"
  export DEBIAN_FRONTEND=noninteractive
  quietly apt-get update
  quietly apt-get install --yes --no-install-recommends "${missing[@]}"
}

restore() { quietly dotnet restore MeshConsole.sln --verbosity quiet || quietly dotnet restore MeshConsole.sln --verbosity quiet; }
build() { quietly dotnet build MeshConsole.sln --configuration Debug --no-restore --verbosity quiet; }
whitespace() { dotnet format whitespace . --folder --verify-no-changes --exclude '**/bin/' '**/obj/' '**/Migrations/'; }

# The number in a summary line such as '  succeeded: 12'.
count() { { grep -E "^ +$1: [0-9]+$" "$2" || true; } | tail -n 1 | tr -dc '0-9' | sed 's/^$/0/'; }

run_project() {
  local project="$1" name log rc=0 began=$SECONDS
  name="$(basename "$project" .csproj)"
  log="$results/$name.log"
  echo "== $name"
  dotnet test --project "$project" --configuration Debug --no-build --no-progress --no-ansi </dev/null >"$log" 2>&1 || rc=$?
  grep -vE '^(Running tests from|Discovered|$)' "$log" || true
  local ok bad left
  ok="$(count succeeded "$log")" bad="$(count failed "$log")" left="$(count skipped "$log")"
  ok="${ok:-0}" bad="${bad:-0}" left="${left:-0}"
  # 0: all well; 2: tests failed; 8: no test ran. Anything else, or 2 without a failed test, is a broken test host.
  if [ "$rc" -ne 0 ] && { [ "$rc" -ne 2 ] || [ "$bad" -eq 0 ]; }; then
    echo "== $name: the test host ended with code $rc"
    broken=$((broken + 1))
    bad=$((bad + 1))
  fi
  passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
  echo "== $name: $ok passed, $bad failed, $left skipped, $((SECONDS - began)) s"
}

selected() {
  local project="$1" word
  shift
  [ "$#" -eq 0 ] && return 0
  for word in "$@"; do
    case "$(basename "$project")" in *"$word"*) return 0 ;; esac
  done
  return 1
}

step "tools" install_tools
step "restore" restore
step "white space" whitespace
step "build" build
for project in tests/*/*.csproj; do
  if grep -q '<IsTestProject>true</IsTestProject>' "$project" && selected "$project" "$@"; then
    run_project "$project"
  fi
done
echo "== total: $SECONDS s"
finish
