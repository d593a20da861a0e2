#!/usr/bin/env bash
# install [GROUP...] -- install what is missing (groups: runtime native criu samples bench vm lint)
set -euo pipefail
# shellcheck source=eng/run/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

# group ; why ; what is reduced without it ; packages (a|b: either serves, the first is installed)
groups=(
  "runtime;makes containers, their network and their firewall rules;no containers: only the fake driver runs;crun runc iproute2 nftables busybox-static kmod procps uidmap"
  "native;compiles the small C programs of a cell (init, keeper);no cells: containers cannot start;gcc make libc6-dev musl-tools"
  "criu;builds the static criu that takes process images;no process images: sleeping services freeze or start cold;build-essential pkg-config libprotobuf-dev libprotobuf-c-dev protobuf-c-compiler protobuf-compiler libnl-3-dev libcap-dev libbsd-dev libnet1-dev uuid-dev python3-protobuf"
  "samples;runs the sample web applications;samples whose interpreter is missing are left out;nodejs python3-django php-cli apache2-bin libapache2-mod-php ruby-rails puma openjdk-17-jdk-headless|default-jdk-headless curl"
  "bench;generates load for ./run bench;no throughput figures;wrk"
  "vm;emulates a machine with cgroup v2 for ./run test vm;./run test vm does not run;mmdebstrap qemu-system-x86|qemu-system-x86-64 e2fsprogs"
  "lint;checks shell scripts;shell scripts are not checked;shellcheck"
)

# What dpkg says is installed, one name a line, asked once.
installed=''
read_installed() {
  installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' 2>/dev/null | sed -n 's/^ii  *//p' | sort -u)
}

# Prints the packages of the list $1 that are missing.
missing_of() {
  local wanted name
  for wanted in $1; do
    for name in ${wanted//|/ }; do
      if grep -qxF -- "$name" <<<"$installed"; then continue 2; fi
    done
    echo "${wanted%%|*}"
  done
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

can_install() {
  command -v apt-get >/dev/null && { ((EUID == 0)) || sudo -n true 2>/dev/null; }
}

# Packages must not start daemons on the host: Debian asks /usr/sbin/policy-rc.d, which we provide for the time of
# the installation where the host has none.
policy=/usr/sbin/policy-rc.d
policy_made=''
forbid_daemons() {
  if [[ -e $policy ]]; then return; fi
  as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
  policy_made=yes
}
allow_daemons() {
  if [[ -n $policy_made ]]; then as_root rm -f "$policy"; fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -qq install -y --no-install-recommends "$@" >"$log" 2>&1
}

# The packages that are still missing, all in one go; where that fails, group by group, so that one package which
# this distribution does not have reduces only its own group.
install_missing() {
  local all=$1 row name packages
  forbid_daemons
  trap allow_daemons EXIT
  as_root apt-get -o DPkg::Lock::Timeout=300 -qq update >"$log" 2>&1 || warn "apt-get update failed, see $log"
  # shellcheck disable=SC2086 # a list of package names
  if apt_install $all; then return; fi
  for row in "${chosen[@]}"; do
    IFS=';' read -r name _ _ packages <<<"$row"
    packages=$(missing_of "$packages" | tr '\n' ' ')
    # shellcheck disable=SC2086
    if [[ -n $packages ]] && ! apt_install $packages; then
      warn "the packages for '$name' could not be installed: $(tail -1 "$log")"
    fi
  done
}

# Takes the static criu from the cache, or builds it (about half a minute, once).
ensure_criu() {
  if ((EUID != 0)); then
    note "not root: no process images, so criu is not built"
    return
  fi
  "$repo/eng/criu/build.sh" "$cache/criu" || warn "criu could not be built: sleeping services freeze or start cold"
}

wanted=("$@")
if ((${#wanted[@]} == 0)); then wanted=(runtime native criu samples); fi
chosen=()
for row in "${groups[@]}"; do
  if [[ " ${wanted[*]} " == *" ${row%%;*} "* ]]; then chosen+=("$row"); fi
done

mkdir -p "$repo/artifacts/log"
log=$repo/artifacts/log/install.log
read_installed
all=''
for row in "${chosen[@]}"; do
  IFS=';' read -r name why reduced packages <<<"$row"
  # The build dependencies of criu are not needed once it is built.
  if [[ $name == criu && -x $cache/criu/criu ]]; then continue; fi
  missing=$(missing_of "$packages" | tr '\n' ' ')
  if [[ -z $missing ]]; then continue; fi
  if [[ -z $all ]]; then step "Installing what is missing"; fi
  printf '    %-8s %s\n             %s\n' "$name" "$why" "$(fold -s -w 66 <<<"$missing" | sed '2,$s/^/             /')"
  all+="$missing "
  if ! can_install; then warn "         not root, or no apt-get: $reduced"; fi
done
if [[ -n $all ]]; then
  if can_install; then
    install_missing "$all"
    read_installed
  else
    warn "To install: sudo apt-get install --no-install-recommends $all"
  fi
fi
if [[ " ${wanted[*]} " == *" criu "* ]]; then ensure_criu; fi
