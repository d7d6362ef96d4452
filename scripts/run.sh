#!/usr/bin/env bash
# Builds MeshConsole and starts the demo world: a global control plane and two zones on this machine.
# Arguments go to 'meshconsole demo', for example: scripts/run.sh --port-offset 100
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/sdk.sh"
require_sdk

# Ask before the build, not after it: with the default ports a second demo could not start.
if [ "$#" -eq 0 ]; then
  for port in 5680 5681 5682 5685; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      say "Port $port is taken, so another MeshConsole (or another program) runs here. Stop it, or start this one beside it: scripts/run.sh --port-offset 100"
      exit 1
    fi
  done
fi

say "Restoring packages (the first time takes a minute or two) …"
quietly dotnet restore "$root/src/Web/MeshConsole.Web.csproj" --verbosity quiet
say "Building MeshConsole …"
quietly dotnet build "$root/src/Web/MeshConsole.Web.csproj" --configuration Release --no-restore --verbosity quiet
say "Starting the demo world; Ctrl+C ends it."
exec dotnet "$root/src/Web/bin/Release/net10.0/meshconsole.dll" demo "$@"
