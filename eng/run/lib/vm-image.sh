# Makes and keeps the root image of the virtual machine: Debian with its own kernel, systemd and cgroup v2. Sourced by test-vm.sh.
# shellcheck shell=bash
# shellcheck disable=SC2016 # mmdebstrap's hooks expand $1, the new root, themselves

vm_packages=linux-image-cloud-amd64,systemd-sysv,udev,iproute2,nftables,kmod,procps,crun,busybox-static,nodejs,python3,curl
vm_suite=bookworm

# Ensures $vm/{root.ext4,vmlinuz,initrd}; about three minutes the first time, nothing after that.
ensure_vm_image() {
  local vm=$1 stamp
  # shellcheck disable=SC2154 # repo is common.sh's
  stamp=$(echo "$vm_suite $vm_packages" | cat - "$repo/eng/run/vm/homeostat-test.service" | sha256sum | cut -d' ' -f1)
  if [[ -s $vm/root.ext4 && $(cat "$vm/stamp" 2>/dev/null) == "$stamp" ]]; then return 0; fi
  step "Making the virtual machine's root: Debian $vm_suite with its cloud kernel (about three minutes, once)"
  rm -rf --one-file-system "$vm"
  mkdir -p "$vm/root"
  # In a mount namespace of its own: what mmdebstrap mounts into the new root goes with it, even when it is killed.
  # The guest's unit is enabled by a link: no systemctl runs in the new root.
  unshare --mount --propagation private mmdebstrap --quiet --variant=minbase --include="$vm_packages" \
    --customize-hook='copy-in '"$repo/eng/run/vm/homeostat-test.service"' /etc/systemd/system' \
    --customize-hook='ln -s ../homeostat-test.service "$1/etc/systemd/system/multi-user.target.wants/"' \
    --customize-hook='echo vm >"$1/etc/hostname"' \
    "$vm_suite" "$vm/root"
  cp "$vm"/root/boot/vmlinuz-* "$vm/vmlinuz"
  cp "$vm"/root/boot/initrd.img-* "$vm/initrd"
  rm -rf "$vm"/root/var/cache/apt/* "$vm"/root/var/lib/apt/lists/*
  mke2fs -q -t ext4 -L root -d "$vm/root" "$vm/root.ext4" 3G
  rm -rf --one-file-system "$vm/root"
  echo "$stamp" >"$vm/stamp"
}
