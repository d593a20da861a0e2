#!/usr/bin/env bash
# Makes the criu that Homeostat brings into its cells, as CACHE_DIR/criu. Quick and silent when it is there already.
# usage: build.sh CACHE_DIR
#
# Why an own build: criu runs inside the cell's mount namespace, where its libraries do not exist, so it must be static;
# loading 20 libraries would also cost 2.8 ms of each wake. It must take nothing from the cell's files: cache, plugins and
# configuration are looked for behind descriptor 21 only, which the keeper opens on an empty directory of the host. And
# on hosts without CAP_SYS_RESOURCE it must read the limits of other users' processes (shim.c).
# The source is the upstream tarball of the distribution's newest source package, verified by apt against the archive's
# signature. A few lines are added to it: a restored process stops before it reads its memory while the keeper holds a lock, so that
# all else of a wake can be done before the request comes (docs/architecture/cells.md). Where it cannot be built, the distribution's criu is used if it passes its own check.
set -euo pipefail

cache=${1:?usage: build.sh CACHE_DIR}
here=$(cd "$(dirname "$0")" && pwd)
oldest=4.2.1 # on Linux 6.18 older ones fail (vDSO bounds, SO_PASSCRED)
run_dir=/proc/self/fd/21
packages=(build-essential libprotobuf-dev libprotobuf-c-dev protobuf-c-compiler protobuf-compiler libnl-3-dev libcap-dev
          libbsd-dev libnet1-dev uuid-dev pkg-config python3-protobuf)
key=$(cat "$here/build.sh" "$here/shim.c" | sha256sum | cut -c1-16)

say() { printf 'criu: %s\n' "$*" >&2; }

install_packages() {
    local missing=() p
    for p in "${packages[@]}"; do
        dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
    done
    [ ${#missing[@]} = 0 ] && return
    say "installing ${missing[*]} (to build criu)"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >"$work/apt.log" 2>&1 </dev/null ||
        { apt-get update -q >/dev/null 2>&1 &&
          DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >"$work/apt.log" 2>&1 </dev/null; }
}

# The mirror the machine already uses, asked for the source packages of the development suite.
fetch_source() {
    local mirror options
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -v security | head -1)
    [ -n "$mirror" ] || { say "apt knows no package archive"; return 1; }
    mkdir -p "$work"/apt/{lists,cache}/partial "$work/source"
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror unstable main" >"$work/apt/sources.list"
    options=(-o "Dir::State::Lists=$work/apt/lists" -o "Dir::Cache=$work/apt/cache" -o "Dir::Etc::SourceList=$work/apt/sources.list"
             -o Dir::Etc::SourceParts=/dev/null -o APT::Sandbox::User=root)
    apt-get "${options[@]}" update -q >"$work/apt.log" 2>&1 || return 1
    # The packaging part may be missing on the mirror; only the upstream tarball is needed.
    (cd "$work/source" && apt-get "${options[@]}" source --download-only criu >>"$work/apt.log" 2>&1) || true
    tarball=$(find "$work/source" -name 'criu_*.orig.tar.*' ! -name '*.asc' | sort -V | tail -1)
    [ -n "$tarball" ] || return 1
    version=${tarball##*/criu_}
    version=${version%.orig.tar.*}
    [ "$(printf '%s\n%s\n' "$oldest" "$version" | sort -V | head -1)" = "$oldest" ] || { say "criu $version is too old"; return 1; }
}

build() {
    local tree pc=$work/pkgconfig dir
    tar -xf "$tarball" -C "$work"
    tree=$(find "$work" -maxdepth 1 -type d -name 'criu-*' | head -1)
    # pkg-config shall not find these: they would be linked in where they happen to be installed.
    mkdir -p "$pc"
    for dir in $(pkg-config --variable pc_path pkg-config | tr : ' '); do
        ln -sf "$dir"/*.pc "$pc/" 2>/dev/null || true
    done
    rm -f "$pc"/{gnutls,libnftables,libselinux,libbpf,libdrm}.pc
    sed -i 's/\$(LIBS) \$(WRAPFLAGS) \$(GMONLDOPT) -rdynamic/$(STATIC_LIBS) $(WRAPFLAGS) -static/' "$tree/criu/Makefile"
    grep -q STATIC_LIBS "$tree/criu/Makefile" || { say "its link command has changed"; return 1; }
    # Memory is read in two places: by the restorer, and before it what parent and child share. The log is the one file that
    # all processes of a restore, and nobody else but the keeper, have open; 1 is LOCK_SH.
    sed -i 's/^\trio = args->vma_ios;/\twhile (sys_flock(args->logfd, 1) == -EINTR)\n\t\t;\n&/' "$tree/criu/pie/restorer.c"
    sed -i 's/^\t\t\toff = (va - vma->e->start) \/ PAGE_SIZE;/\t\t\t{ extern void before_memory(int); before_memory(log_get_fd()); }\n&/' "$tree/criu/mem.c"
    # A program that refuses huge pages (Ruby does) gets its memory back in large ones all the same, in half the time, and refuses them from then on.
    sed -i -e 's/sys_prctl(PR_SET_THP_DISABLE, args->thp_disabled, /sys_prctl(PR_SET_THP_DISABLE, 0, /' \
        -e 's/^\tif (args->vma_ios_fd != -1)$/\tsys_prctl(PR_SET_THP_DISABLE, args->thp_disabled, 0, 0, 0);\n&/' "$tree/criu/pie/restorer.c"
    # A restore that was prepared and given up has made the deleted files that were open; the next one makes them anew.
    sed -i 's/^\t\t\/\* Use grand parent, if parent directory does not exist \*\//\t\tif (errno == EEXIST \&\& (!unlink(path) || !rmdir(path)))\n\t\t\tgoto again;\n&/' "$tree/criu/files-reg.c"
    { grep -q 'sys_flock(args->logfd' "$tree/criu/pie/restorer.c" && grep -q 'before_memory(log' "$tree/criu/mem.c" &&
      grep -q '!unlink(path) || !rmdir(path)' "$tree/criu/files-reg.c" &&
      [ "$(grep -c 'sys_prctl(PR_SET_THP_DISABLE' "$tree/criu/pie/restorer.c")" = 2 ]; } || { say "its restore has changed"; return 1; }
    gcc -O2 -Wall -Werror -c "$here/shim.c" -o "$work/shim.o"
    say "building criu $version (about a minute)"
    # SOURCE_DATE_EPOCH becomes the magic of criu.kdat: a cache of another build is not taken for this one's.
    PKG_CONFIG_LIBDIR=$pc SOURCE_DATE_EPOCH=$((16#${key:0:7})) nice make -C "$tree" -j"$(nproc)" criu NO_GNUTLS=1 \
        RUNDIR=$run_dir PLUGINDIR=$run_dir/none \
        CONFIG-DEFINES="-DSYSCONFDIR='\"$run_dir/none\"' -DGLOBAL_CONFIG_DIR='\"$run_dir/none/\"' -DDEFAULT_CONFIG_FILENAME='\"none\"' -DUSER_CONFIG_DIR='\"none/\"'" \
        STATIC_LIBS="$work/shim.o -Lsoccr/ -lprotobuf-c -ldl -lsoccr -lnet -lnl-3 -luuid -lbsd -lmd -lpthread" \
        WRAPFLAGS='-Wl,--wrap=nla_parse,--wrap=nlmsg_parse,--wrap=syscall' >"$work/make.log" 2>&1 || { grep -m 3 'error' "$work/make.log" >&2; tail -5 "$work/make.log" >&2; return 1; }
    strip -o "$work/criu" "$tree/criu/criu"
}

# Runs as it will in a cell: with an empty directory behind descriptor 21.
works() {
    mkdir -p "$work/run"
    "$1" check 21<"$work/run" >"$work/check.log" 2>&1 || { say "$1 check: $(grep Error "$work/check.log" | tail -1)"; return 1; }
}

if [ -x "$cache/criu" ] && [ "$(cat "$cache/key" 2>/dev/null)" = "$key" ]; then
    exit 0
fi
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
[ -x "$cache/criu" ] && [ "$(cat "$cache/key" 2>/dev/null)" = "$key" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if install_packages && fetch_source && build && works "$work/criu"; then
    origin="built from criu $version"
elif packaged=$(command -v criu) && works "$packaged"; then
    cp "$packaged" "$work/criu"
    origin="the distribution's $("$packaged" --version | head -1)"
    if ldd "$packaged" >/dev/null 2>&1; then
        say "$packaged passes its check but is linked dynamically: it can only run in cells that have its libraries"
    fi
else
    say "could not be built, and no packaged criu passes 'criu check': process images are not available"
    exit 1
fi
install -m 0755 "$work/criu" "$cache/criu.new"
mv "$cache/criu.new" "$cache/criu"
echo "$origin" >"$cache/origin"
echo "$key" >"$cache/key"
say "$origin"
