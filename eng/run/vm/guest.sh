# Runs as root in the virtual machine, from the second disk; its output is the serial console.
# shellcheck shell=sh
set -u
export HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin NO_COLOR=1 CI=true
export HOMEOSTAT_LIBEXEC=/payload/libexec HOMEOSTAT_DATA=/var/lib/homeostat
cd /payload || exit 1
failures=0

echo "guest: kernel $(uname -r), cgroup $(stat -f -c %T /sys/fs/cgroup), controllers $(cat /sys/fs/cgroup/cgroup.controllers)"
echo "guest: $(./libexec/criu check 2>&1 | tail -n 1) (criu check)"
ip link set lo up
# Paging out needs somewhere to page to.
dd if=/dev/zero of=/swap bs=1M count=64 status=none && chmod 600 /swap && mkswap /swap >/dev/null && swapon /swap

# One whole cycle through the product: cold, frozen, image and back; the counter in memory must go on.
# wake WHAT EXPECTED_COUNT EXPECTED_WAY
wake() {
  headers=$(curl -s --max-time 120 -D - -o /tmp/body -H 'Host: node.localhost' http://127.0.0.1:8080/count)
  timing=$(echo "$headers" | tr -d '\r' | sed -n 's/^[Ss]erver-[Tt]iming: //p')
  if [ "$(cat /tmp/body)" = "$2" ] && echo "$timing" | grep -q "$3"; then
    echo "guest: ok $1: count $2, $timing"
  else
    echo "guest: NOT OK $1: wanted count $2 by $3, got $(cat /tmp/body), $timing, $(echo "$headers" | head -n 1)"
    failures=$((failures + 1))
  fi
}

# step WHAT COMMAND...
step() {
  what=$1
  shift
  if output=$("$@" 2>&1); then
    echo "guest: ok $what"
  else
    echo "guest: NOT OK $what: $output"
    failures=$((failures + 1))
  fi
}

echo "guest: a whole cycle"
./homeostat up --listen 127.0.0.1:8080 --admin 127.0.0.1:8081 >/tmp/up.log 2>&1 &
platform=$!
tries=0
until grep -q '^ready' /tmp/up.log; do
  tries=$((tries + 1))
  if [ $tries -gt 600 ] || ! kill -0 $platform; then break; fi
  sleep 0.1
done
tail -n 3 /tmp/up.log
step apply ./homeostat apply -f samples/node/service.yaml
wake start 1 'cold\|restored'
wake running 2 running
step template ./homeostat checkpoint node --timeout 5m
step freeze ./homeostat sleep node --to frozen
wake thaw 3 frozen
step image ./homeostat sleep node --to image
wake restore 4 restored
step stop ./homeostat sleep node --to stopped
wake clone 1 'restored\|cold'
./homeostat ps
step remove ./homeostat rm node
step doctor ./homeostat doctor
kill -TERM $platform
wait $platform
echo "guest: platform ended with $?"
sed 's/^/up: /' /tmp/up.log | tail -n 30
echo "guest: cycle failures $failures"

echo "guest: conformance of the driver"
# Emulation runs everything ten times slower and more.
export HOMEOSTAT_TEST_SLOWNESS=15
./tests/Homeostat.Drivers.Tests -noLogo -noColor -class '*ConformanceTests' -xml /tmp/report.xml
grep -o -m1 '<assembly [^>]*' /tmp/report.xml | grep -o ' \(passed\|failed\|skipped\|errors\)="[0-9]*"' | tr -d '"' | tr '\n' ' ' | sed 's/^/guest: report/'
echo
