# A platform on a temporary data directory, for demo and the like: starts it, ends it whatever happens. Sourced.
# shellcheck shell=bash
# shellcheck disable=SC2154 # repo is common.sh's

data='' platform='' held_before=''
export gateway=''
# Scratch of the script that uses this platform.
demo=''

homeostat() { "$repo/artifacts/publish/homeostat" "$@"; }

# A free port of 127.0.0.1, by asking the kernel's list of listeners.
free_port() {
  local port=$1
  while ss -Hltn "sport = :$port" | grep -q .; do port=$((port + 1)); done
  echo "$port"
}

# Starts a platform for the script named $1 and waits for its line `ready`, at most 30 s.
start_platform() {
  demo=$(mktemp -d "${TMPDIR:-/tmp}/homeostat-$1.XXXXXX")
  data=$demo/data
  export HOMEOSTAT_DATA=$data NO_COLOR=1
  local port admin
  port=$(free_port 18080)
  admin=$(free_port $((port + 1)))
  gateway=http://127.0.0.1:$port
  mkdir -p "$data"
  held_before=$(holdings)
  : >"$demo/up.log"
  trap stop_platform EXIT
  trap 'exit 130' INT TERM
  "$repo/artifacts/publish/homeostat" up --data "$data" --listen "127.0.0.1:$port" --admin "127.0.0.1:$admin" >"$demo/up.log" 2>"$demo/up.err" &
  platform=$!
  local tries=0
  until grep -q '^ready' "$demo/up.log" || ((++tries > 600)) || ! kill -0 "$platform" 2>/dev/null; do sleep 0.05; done
  if ! grep -q '^ready' "$demo/up.log"; then
    tail -n 20 "$demo/up.err" >&2
    die "the platform did not get ready"
  fi
}

# Ends the platform the clean way, which ends its instances; keeps the scratch only where something went wrong.
stop_platform() {
  local status=$?
  trap - EXIT INT TERM
  if [[ -n $platform ]]; then
    kill -TERM "$platform" 2>/dev/null || true
    wait "$platform" 2>/dev/null || true
    platform=''
  fi
  if [[ -z $demo ]]; then return "$status"; fi
  if ((status == 0)); then rm -rf --one-file-system "$demo"; else warn "kept for you to look at: $demo"; fi
  return "$status"
}

# What platforms hold on this host, one name a line: links, firewall tables, control groups, mounts.
holdings() {
  {
    ip -o link 2>/dev/null | grep -o ' hs[-a-z0-9]*' || true
    nft list tables 2>/dev/null | grep ' hs' || true
    find /sys/fs/cgroup -maxdepth 4 -type d -path '*/homeostat/*' 2>/dev/null || true
    ls -d /dev/shm/homeostat-* 2>/dev/null || true
    grep -o '/[^ ]*homeostat-[^ ]*' /proc/mounts || true
  } | sort -u
}

# What is held now and was not before the platform started; `nothing` is what we want to read.
leftovers() {
  local found
  found=$(comm -13 <(echo "$held_before") <(holdings))
  echo "${found:-nothing}" | paste -sd " "
}
