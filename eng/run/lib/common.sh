# Shared by run and its verbs: places, output, the .NET SDK. Sourced, never run.
# shellcheck shell=bash

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
# What is kept between runs and survives `git clean`: the static criu, the root image of the virtual machine.
cache=${HOMEOSTAT_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/homeostat}
# Each is used by the scripts that source this file.
export repo cache
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDTERMINALLOGGER=off

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' reset=$'\e[0m'
else
  bold='' dim='' red='' reset=''
fi

step() { printf '%s==> %s%s\n' "$bold" "$*" "$reset"; }
note() { printf '%s    %s%s\n' "$dim" "$*" "$reset"; }
warn() { printf '%s!   %s%s\n' "$red" "$*" "$reset" >&2; }
die() {
  warn "$@"
  exit 1
}

# Fails with a remedy unless an SDK that can build net10.0 is there.
require_dotnet() {
  if ! command -v dotnet >/dev/null; then
    die "the .NET SDK is missing: install .NET SDK 10 (apt-get install dotnet-sdk-10.0 where your" \
      "distribution has it, else https://dotnet.microsoft.com/download/dotnet/10.0) and run this again"
  fi
  if ! dotnet --list-sdks | grep -q '^1[0-9]\.'; then
    die "the .NET SDK is too old ($(dotnet --version 2>/dev/null || echo unknown)): Homeostat needs SDK 10 or later," \
      "see https://dotnet.microsoft.com/download/dotnet/10.0"
  fi
}

# Builds what the driver executes into artifacts/libexec: init, keeper, and the static criu from the cache. Programs
# find it as the nearest folder `libexec` at or above their own. Says what is reduced where there is no compiler.
build_native() {
  local libexec=$repo/artifacts/libexec
  mkdir -p "$libexec"
  if ! command -v make >/dev/null || ! command -v gcc >/dev/null; then
    warn "no C compiler: cells and process images are not built, only the fake driver works"
    return 0
  fi
  make -s -C "$repo/native" OUT="$libexec"
  if [[ -x $cache/criu/criu && ! $libexec/criu -nt $cache/criu/criu ]]; then install -m 755 "$cache/criu/criu" "$libexec/criu"; fi
}

# Builds the whole solution, quietly.
build_solution() {
  require_dotnet
  (cd "$repo" && dotnet build -v q -nologo -clp:ErrorsOnly)
}

# Makes the product in artifacts/publish: one self-contained file, and beside it the native programs and criu.
publish() {
  require_dotnet
  build_native
  (cd "$repo" && dotnet publish src/Homeostat.Cli -c Release -r linux-x64 --self-contained -v q -nologo -clp:ErrorsOnly \
    -p:PublishSingleFile=true -p:PublishReadyToRun=true -p:PublishReadyToRunComposite=false -p:DebugType=none -p:PublishDocumentationFiles=false \
    -o artifacts/publish)
  rm -rf "$repo/artifacts/publish/libexec"
  cp -a "$repo/artifacts/libexec" "$repo/artifacts/publish/libexec"
  touch "$repo/artifacts/publish/homeostat"
}

# Publishes unless the product is newer than every source.
publish_if_stale() {
  local product=$repo/artifacts/publish/homeostat
  if [[ -e $product && -z $(find "$repo/src" "$repo/native" "$repo/Directory.Build.props" "$repo/Directory.Packages.props" \
    -newer "$product" -type f -print -quit 2>/dev/null) ]]; then return; fi
  step "Building the product (a minute the first time)"
  publish
}
