# shellcheck shell=bash
# What every guest of a machine finds in its file system: busybox, pci.ids, and the libraries under the tool, on s390x with the
# runtime itself. Packed once as an archive for the kernel.

readonly USERLAND_PACKAGES="busybox-static pci.ids"
# The tool for x86-64 comes with .NET inside, which links to these.
readonly RUNTIME_PACKAGES="libc6 libgcc-s1 gcc-14-base libstdc++6"

prepare_userland() {
    # No package feed has .NET for s390x; Debian has Mono.
    [[ $1 != s390x ]] || prepare_mono "$1"
    part "$(userland_part "$1")" unpack_userland "$1"
}

# Other files are another userland: what this script or the one for Mono says decides which.
userland_part() { printf 'userland-%s-%s\n' "$1" "$(cat "$LIB/userland.sh" "$LIB/mono.sh" | sha256sum | cut -c 1-12)"; }

# Busybox of this machine does what this machine may have no program for.
busybox() { printf '%s\n' "$CACHE/parts/$(userland_part x86_64)/busybox"; }

unpack_userland() {
    local machine=$1 folder=$2 packages
    local triplet=$machine-linux-gnu unpacked=$folder/unpacked root=$folder/root
    mkdir -p "$unpacked" "$root"/{dev,proc,sys,tmp,run,etc,var,usr/bin,usr/share/misc,"usr/lib/$triplet",usr/lib64}
    packages=$USERLAND_PACKAGES
    [[ $machine == s390x ]] || packages+=" $RUNTIME_PACKAGES"
    # shellcheck disable=SC2086 # a list of words
    unpack_only "$(debian_architecture "$machine")" "$unpacked" $packages
    cp "$unpacked/usr/bin/busybox" "$folder/busybox"
    cp "$unpacked/usr/bin/busybox" "$root/usr/bin/busybox"
    cp -L "$unpacked/usr/share/misc/pci.ids" "$root/usr/share/misc/pci.ids"
    if [[ $machine == s390x ]]; then
        cp -a "$(mono_root "$machine")/." "$root/"
    else
        find "$unpacked/usr/lib/$triplet" -maxdepth 1 -name '*.so.*' -exec cp -a {} "$root/usr/lib/$triplet/" \;
        cp -a "$unpacked"/usr/lib64/. "$root/usr/lib64/"
        ln -s usr/lib "$root/lib"
        ln -s usr/lib64 "$root/lib64"
    fi
    ln -s usr/bin "$root/bin"
    ln -s usr/bin "$root/sbin"
    ln -s bin "$root/usr/sbin"
    printf 'root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
    local packer=$folder/busybox
    [[ $machine == x86_64 ]] || packer=$(busybox)
    pack "$packer" "$root" >"$folder/userland.cpio"
    rm -rf "$unpacked" "$root"
}
