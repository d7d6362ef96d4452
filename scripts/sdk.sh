# Sourced by the other scripts: finds the repository and the .NET SDK it asks for.
root="$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

say() { printf '%s\n' "$*" >&2; }

# Ends the script with one line when there is no SDK that global.json accepts.
require_sdk() {
  local wanted
  wanted="$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' "$root/global.json" | head -n 1)"
  if ! command -v dotnet >/dev/null; then
    say "MeshConsole needs the .NET SDK $wanted or a later ${wanted%%.*}.0 one, and there is no 'dotnet' on the PATH. Install it (https://dotnet.microsoft.com/download), then run this again."
    exit 1
  fi
  if ! (cd "$root" && dotnet --version >/dev/null 2>&1); then
    say "MeshConsole needs the .NET SDK $wanted or a later ${wanted%%.*}.0 one; this machine has: $(dotnet --list-sdks | cut -d' ' -f1 | paste -sd' '). Install it (https://dotnet.microsoft.com/download), then run this again."
    exit 1
  fi
}

# Runs a build step quietly: its output is shown only when it fails.
quietly() {
  local log rc=0
  log="$(mktemp)"
  "$@" >"$log" 2>&1 || rc=$?
  if [ "$rc" -ne 0 ]; then
    grep -E '(error|warning) [A-Z]+[0-9]+' "$log" | sort -u >&2 || cat "$log" >&2
    say "This step failed (exit code $rc): $*"
  fi
  rm -f "$log"
  return "$rc"
}
