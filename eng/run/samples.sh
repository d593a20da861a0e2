#!/usr/bin/env bash
# samples -- compile the samples that need it
set -euo pipefail
# shellcheck source=eng/run/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
cd "$repo/samples"

# True if the file $1 is missing or older than one of the others.
stale() {
  local target=$1 source
  shift
  for source in "$@"; do
    if [[ ! -e $target || $source -nt $target ]]; then return 0; fi
  done
  return 1
}

if stale c-threads/out/server c-threads/server.c; then
  if command -v gcc >/dev/null; then
    mkdir -p c-threads/out
    gcc -O2 -Wall -Wextra -pthread -o c-threads/out/server c-threads/server.c
    note "c-threads compiled"
  else
    warn "sample c-threads is left out: no gcc"
  fi
fi

if stale work/out/server work/server.c; then
  if command -v gcc >/dev/null; then
    mkdir -p work/out
    # Static, so that peers can run the very same file without any root image.
    gcc -O2 -Wall -Wextra -pthread -static -o work/out/server work/server.c
    note "work compiled"
  else
    warn "sample work is left out: no gcc"
  fi
fi

if stale jvm/out/Server.class jvm/Server.java; then
  if command -v javac >/dev/null; then
    javac -d jvm/out jvm/Server.java
    note "jvm compiled"
  else
    warn "sample jvm is left out: no javac"
  fi
fi

# Self-contained: the container sees the host's /usr, and not every host has its .NET there.
if stale aspnet/out/sample aspnet/Sample.csproj aspnet/Program.cs; then
  require_dotnet
  dotnet publish aspnet -v q -nologo -clp:ErrorsOnly -c Release -r linux-x64 --self-contained -o aspnet/out
  touch aspnet/out/sample
  note "aspnet compiled"
fi
