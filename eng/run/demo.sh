#!/usr/bin/env bash
# demo -- the product in a minute: real services start on demand, freeze, become images and come back
set -euo pipefail
# shellcheck source=eng/run/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=eng/run/lib/platform.sh
source "$repo/eng/run/lib/platform.sh"

services=(node django php apache rails jvm aspnet busybox c-threads)
rounds=3

# Milliseconds of one request to service $1, path $2; what Server-Timing said of the wake is left in the file `way`.
request() {
  local seconds
  seconds=$(curl -s --max-time 60 -o "$demo/body" -D "$demo/head" -w '%{time_total} %{http_code}' -H "Host: $1.localhost" "$gateway$2") || true
  tr -d '\r' <"$demo/head" | sed -n 's/.*wake[^,]*desc="\{0,1\}\([a-z]*\).*/\1/p' >"$demo/way"
  if [[ $seconds != *' 200' ]]; then
    echo failed
    return
  fi
  awk '{ printf "%.1f\n", $1 * 1000 }' <<<"$seconds"
}

median() { sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)]; else print "-" }'; }

# The service file of sample $1 as it would be without process images, with absolute paths: for a comparison with cold starts.
without_images() {
  sed -e "s#source: \./#source: $repo/samples/$1/#" -e "s#source: \.\./#source: $repo/samples/#" -e "s#source: \. #source: $repo/samples/$1 #" \
    -e "s#source: \.\([ ,}]\)#source: $repo/samples/$1\1#" -e '/^checkpoint:/d' "$repo/samples/$1/service.yaml"
  echo 'checkpoint: { mode: off }'
}

# Median of requests to $1 that find it in tier $2 ("running": as it is).
from_tier() {
  local i
  for ((i = 0; i < rounds; i++)); do
    if [[ $2 != running ]] && ! homeostat sleep "$1" --to "$2" >>"$demo/log" 2>&1; then break; fi
    request "$1" "$(path_of "$1")"
  done | { grep -v failed || true; } | median
}

path_of() { if [[ $1 == busybox ]]; then echo /healthz; else echo /count; fi; }

measure() {
  local name=$1 cold frozen image clone running
  without_images "$name" >"$demo/$name.yaml"
  homeostat apply -f "$demo/$name.yaml" >>"$demo/log" 2>&1 || return 0
  cold=$(request "$name" "$(path_of "$name")")
  homeostat apply --wait -f "$repo/samples/$name/service.yaml" >>"$demo/log" 2>&1 || true
  request "$name" "$(path_of "$name")" >/dev/null
  running=$(from_tier "$name" running)
  frozen=$(from_tier "$name" frozen)
  image=$(from_tier "$name" image)
  clone=$(from_tier "$name" stopped)
  # A stopped service starts cold where its program may not be cloned: not a clone then.
  if [[ $(cat "$demo/way") != restored ]]; then clone=-; fi
  printf '    %-10s %9s %9s %9s %9s %9s\n' "$name" "$cold" "$clone" "$image" "$frozen" "$running"
}

demo_state() {
  local counted=()
  counted+=("$(request node /count >/dev/null; cat "$demo/body")")
  homeostat sleep node --to image >>"$demo/log" 2>&1 || true
  counted+=("$(request node /count >/dev/null; cat "$demo/body")")
  homeostat sleep node --to frozen >>"$demo/log" 2>&1 || true
  counted+=("$(request node /count >/dev/null; cat "$demo/body")")
  note "node counts ${counted[0]}, sleeps as an image, ${counted[1]}, sleeps frozen, ${counted[2]}: its memory goes on"
}

demo_crowd() {
  homeostat sleep node --to image >>"$demo/log" 2>&1 || true
  local i urls=()
  for ((i = 0; i < 50; i++)); do urls+=(-o /dev/null "$gateway/uuid"); done
  curl -s --no-progress-meter -Z --parallel-immediate --parallel-max 50 --max-time 60 -H 'Host: node.localhost' -w '%{http_code} %{time_total}\n' "${urls[@]}" >"$demo/crowd" || true
  note "50 requests at once to sleeping node: $(grep -c '^200' "$demo/crowd") answered, slowest $(sort -k2 -n "$demo/crowd" |
    awk 'END { printf "%.0f ms", $2 * 1000 }'), instances: $(homeostat ps -o json | grep -o '"service": *"node"' | wc -l)"
}

# One service under a load that grows and goes: limits raised, instances cloned, given back, frozen.
demo_scale() {
  local file=$demo/work.yaml
  sed -e "s#source: \./#source: $repo/samples/work/#" "$repo/samples/work/service.yaml" >"$file"
  if ! homeostat apply --wait -f "$file" >>"$demo/log" 2>&1; then
    warn "sample work does not start here: homeostat logs work"
    return 0
  fi
  request work '/work?us=1000' >/dev/null
  HOMEOSTAT_COLOUR=${bold:+1} timeout 60 node "$repo/eng/run/lib/scale.mjs" "${gateway##*:}" "$data/admin.sock" work ||
    warn "the load was broken off"
  homeostat rm work >>"$demo/log" 2>&1 || true
}

bash "$repo/eng/run/install.sh" runtime native criu samples
publish_if_stale
bash "$repo/eng/run/samples.sh"
start_platform demo
step "Homeostat is ready: gateway $gateway, data in $data"
homeostat doctor 2>&1 | grep -v ' ok' | sed 's/^/    /' | head -20 || true

step "What a request waits for (milliseconds, client side, medians of $rounds)"
printf '    %-10s %9s %9s %9s %9s %9s\n' service cold clone image frozen running
for name in "${services[@]}"; do measure "$name"; done
note "cold: the program starts; clone: from the template image; image: its own"
note "sleep image; frozen: thawed; running: as it is. Image and clone do not"
note "depend on how long a program takes to start."

step "Sleep keeps what is in memory"
demo_state
demo_crowd

step "As large as the load needs: larger, more, fewer, frozen"
demo_scale

step "homeostat ps"
homeostat ps
step "homeostat explain node"
homeostat explain node --decisions 6

step "Ending"
for name in "${services[@]}"; do homeostat rm "$name" >>"$demo/log" 2>&1 || true; done
stop_platform
note "left on the host: $(leftovers)"
