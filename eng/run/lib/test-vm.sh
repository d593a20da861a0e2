#!/usr/bin/env bash
# The driver's tests and one whole wake cycle on cgroup v2 and the distribution's kernel, in an emulated machine.
set -euo pipefail
# shellcheck source=eng/run/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=eng/run/lib/vm-image.sh
source "$repo/eng/run/lib/vm-image.sh"

# Emulation is slow and must not hang: booting takes a minute, the tests several.
vm_limit=${HOMEOSTAT_VM_LIMIT:-1500}
vm=$cache/vm
payload=$repo/artifacts/vm/payload
console=$repo/artifacts/log/vm-console.log

# Everything the guest runs, as a file system image: product, tests (with their own runtime), samples.
make_payload() {
  step "Packing the product and the tests for the virtual machine"
  rm -rf "$repo/artifacts/vm"
  mkdir -p "$payload/samples" "$(dirname "$console")"
  cp -a "$repo/artifacts/publish/." "$payload/"
  (cd "$repo" && dotnet publish tests/Homeostat.Drivers.Tests -c Debug -r linux-x64 --self-contained -v q -nologo -clp:ErrorsOnly \
    -p:PublishDocumentationFiles=false -o "$payload/tests")
  cp -a "$repo/samples/node" "$repo/samples/c-threads" "$repo/samples/busybox" "$payload/samples/"
  cp "$repo/eng/run/vm/guest.sh" "$payload/"
  local megabytes
  megabytes=$(($(du -sm "$payload" | cut -f1) * 5 / 4 + 64))
  mke2fs -q -t ext4 -L payload -d "$payload" "$repo/artifacts/vm/payload.ext4" "${megabytes}M"
}

# Boots the guest and waits until it powers off; its console goes to the log and, what it says itself, to the terminal.
boot() {
  step "Booting (emulated: a minute until the first line)"
  timeout --kill-after=10 "$vm_limit" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 3072 -nographic -no-reboot -nic none \
    -kernel "$vm/vmlinuz" -initrd "$vm/initrd" -append "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=false systemd.mask=serial-getty@ttyS0.service" \
    -drive "file=$vm/root.ext4,if=virtio,format=raw,snapshot=on" \
    -drive "file=$repo/artifacts/vm/payload.ext4,if=virtio,format=raw,snapshot=on" \
    </dev/null 2>&1 | sed -u 's,\r,,g' | tee "$console" | grep --line-buffered -E '^(guest|up): |\[FAIL\]|\[SKIP\]|^ {4,}' || true
}

# The value of `NAME=N` in the guest's report line; 0 without.
reported() { sed -n 's/^guest: report//p' "$console" | grep -o " $1=[0-9]*" | tr -dc 0-9 || echo 0; }

bash "$repo/eng/run/install.sh" runtime native criu samples vm
for program in mmdebstrap qemu-system-x86_64 mke2fs; do
  command -v "$program" >/dev/null || die "$program is missing: ./run install vm (as root)"
done
ensure_vm_image "$vm"
publish_if_stale
bash "$repo/eng/run/samples.sh"
make_payload
boot

cycle=$(sed -n 's/^guest: cycle failures //p' "$console")
passed=$(reported passed) failed=$(($(reported failed) + $(reported errors))) skipped=$(reported skipped)
steps=$(grep -c '^guest: ok ' "$console" || true)
if [[ -z $cycle ]] || ! grep -q '^guest: report' "$console"; then
  warn "the guest did not get to its end within $vm_limit s; see $console"
  failed=$((failed + 1))
fi
echo "$((passed + steps)) passed, $((failed + ${cycle:-0})) failed, ${skipped:-0} skipped"
((failed + ${cycle:-1} == 0 && passed > 0))
