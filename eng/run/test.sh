#!/usr/bin/env bash
# test [FILTER|vm] -- run all tests, those whose name contains FILTER, or the driver's in a VM with cgroup v2
set -euo pipefail
# shellcheck source=eng/run/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

if [[ ${1:-} == vm ]]; then exec bash "$repo/eng/run/lib/test-vm.sh" "${@:2}"; fi
filter=${1:-}
# One project that hangs must not hold CI for ever; the slowest takes about three minutes.
project_limit=900

passed=0 failed=0 skipped=0

# Value of attribute $2 in the <assembly> element of the report $1.
attribute() { grep -o -m1 '<assembly [^>]*' "$1" | grep -o " $2=\"[0-9]*\"" | tr -dc 0-9; }

# Runs one test project and adds its figures; a project that dies without a report counts as one failure.
run_project() {
  local name=$1 report=$repo/artifacts/log/$1.xml program
  program=$repo/artifacts/bin/$name/debug/$name
  local arguments=(-noLogo -noColor -xml "$report")
  if [[ -n $filter ]]; then arguments+=(-method "*$filter*"); fi
  rm -f "$report"
  step "$name"
  local status=0
  timeout --kill-after=10 "$project_limit" "$program" "${arguments[@]}" || status=$?
  if [[ ! -s $report ]] || ! grep -q '<assembly ' "$report"; then
    if ((status == 0)); then return; fi
    warn "$name ended with $status and left no report"
    failed=$((failed + 1))
    return
  fi
  local bad=$(($(attribute "$report" failed) + $(attribute "$report" errors)))
  if ((status != 0 && bad == 0)); then
    warn "$name ended with $status although no test failed"
    bad=1
  fi
  passed=$((passed + $(attribute "$report" passed)))
  failed=$((failed + bad))
  skipped=$((skipped + $(attribute "$report" skipped)))
}

# Paging out needs somewhere to page to: a host without swap gets 64 MiB of it for as long as the tests run.
swap=$repo/artifacts/test-swap
give_back_swap() {
  if [[ -e $swap ]]; then
    swapoff "$swap" 2>/dev/null || true
    rm -f "$swap"
  fi
}
lend_swap() {
  if ((EUID != 0)) || [[ $(wc -l </proc/swaps) -gt 1 ]]; then return; fi
  trap give_back_swap EXIT
  (umask 077 && dd if=/dev/zero of="$swap" bs=1M count=64 status=none)
  if mkswap -q "$swap" && swapon "$swap" 2>/dev/null; then
    note "64 MiB of swap until the tests end: this host has none to page out to"
  else
    rm -f "$swap"
  fi
}

bash "$repo/eng/run/build.sh"

mkdir -p "$repo/artifacts/log"
lend_swap
for project in "$repo"/tests/*.Tests; do
  run_project "$(basename "$project")"
done

if [[ ${CI:-} == true ]] && ((skipped > 0)); then
  warn "CI: nothing may be skipped"
fi
echo "$passed passed, $failed failed, $skipped skipped"
if [[ ${CI:-} == true ]] && ((skipped > 0)); then exit 1; fi
((failed == 0 && passed > 0))
