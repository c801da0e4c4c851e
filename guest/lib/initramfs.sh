# shellcheck shell=bash
# What the guest sees as its file system. The kernel unpacks several cpio archives one after the other, so the parts that
# rarely change (programs and libraries, the tool) are packed once, and each run adds a small one of its own.

# The libraries are those that the .NET runtime links to; pci.ids names the devices.
prepare_userland() {
    part "userland-$1" unpack_userland "$1"
}

busybox() { printf '%s\n' "$CACHE/parts/userland-x86_64/busybox"; }

unpack_userland() {
    local machine=$1 folder=$2 architecture triplet
    architecture=$(debian_architecture "$machine")
    triplet=$machine-linux-gnu
    local unpacked=$folder/unpacked root=$folder/root
    mkdir -p "$unpacked" "$root"/{dev,proc,sys,tmp,run,etc,var,usr/bin,usr/share/misc,"usr/lib/$triplet",usr/lib64}
    unpack_only "$architecture" "$unpacked" busybox-static libc6 libgcc-s1 libstdc++6 gcc-14-base pci.ids
    cp "$unpacked/usr/bin/busybox" "$folder/busybox"
    cp "$unpacked/usr/bin/busybox" "$root/usr/bin/busybox"
    cp -L "$unpacked/usr/share/misc/pci.ids" "$root/usr/share/misc/pci.ids"
    find "$unpacked/usr/lib/$triplet" -maxdepth 1 -name '*.so.*' -exec cp -a {} "$root/usr/lib/$triplet/" \;
    cp -a "$unpacked"/usr/lib64/. "$root/usr/lib64/"
    ln -s usr/bin "$root/bin"
    ln -s usr/bin "$root/sbin"
    ln -s usr/lib "$root/lib"
    ln -s usr/lib64 "$root/lib64"
    ln -s bin "$root/usr/sbin"
    printf 'root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
    pack "$folder/busybox" "$root" >"$folder/userland.cpio"
    rm -rf "$unpacked" "$root"
}

# pack BUSYBOX FOLDER : the folder as an archive that the kernel unpacks, on standard output.
pack() {
    (cd "$2" && find . -mindepth 1 -print | LC_ALL=C sort | "$1" cpio -o -H newc 2>/dev/null)
}

# write_initramfs MACHINE KERNEL FILE STAGING : userland, then what is this run's own: the tool, modules, included files, and
# the orders for guest/init. STAGING is an empty folder.
write_initramfs() {
    local machine=$1 kernel=$2 file=$3 staging=$4 folder
    folder=$CACHE/parts/userland-$machine
    mkdir -p "$staging"/usr/{bin,lib/vfio} "$staging/etc/guest/modules"
    install -m 755 "$REPOSITORY/guest/init" "$staging/init"
    cp -a "$TOOL/." "$staging/usr/lib/vfio/"
    ln -s ../lib/vfio/vfio "$staging/usr/bin/vfio"
    stage_modules "$machine" "$kernel" "$staging/etc/guest/modules"
    stage_orders "$staging/etc/guest"
    local include
    for include in "${INCLUDES[@]}"; do
        stage_include "$include" "$staging"
    done
    { cat "$folder/userland.cpio"; pack "$(busybox)" "$staging"; } >"$file"
    rm -rf "$staging"
}

# Numbered, because the guest loads them in the order of their names.
stage_modules() {
    local machine=$1 kernel=$2 folder=$3 source module number=100
    source=$CACHE/parts/$(kernel_part "$machine" "$kernel")
    [[ -d $source/lib/modules ]] || return 0
    while read -r module; do
        local name=${module##*/}
        case $module in
            *.xz) "$(busybox)" xzcat "$source/lib/modules/$(<"$source/release")/$module" >"$folder/$number-${name%.xz}" ;;
            *) cp "$source/lib/modules/$(<"$source/release")/$module" "$folder/$number-$name" ;;
        esac
        number=$((number + 1))
    done < <(modules_for "$machine" "$kernel" vfio_iommu_type1 vfio-pci "${MODULES[@]}")
}

# devices: NAME PLACE a line. command: a piece of shell that sets the positional parameters to COMMAND's words.
stage_orders() {
    local folder=$1 i word
    for i in "${!DEVICE_NAMES[@]}"; do
        printf '%s %s\n' "${DEVICE_NAMES[i]}" "${DEVICE_PLACES[i]}"
    done >"$folder/devices"
    {
        printf 'set --'
        for word in "${COMMAND[@]}"; do
            printf " '%s'" "${word//\'/\'\\\'\'}"
        done
        printf '\n'
    } >"$folder/command"
    [[ $BIND == no ]] || : >"$folder/bind"
}

# stage_include HOSTPATH[:GUESTPATH] STAGING : without a GUESTPATH, the same path as on the host.
stage_include() {
    local host=${1%%:*} guest staging=$2
    guest=$host
    [[ $1 != *:* ]] || guest=${1#*:}
    host=$(realpath -e -- "$host")
    [[ $guest == /* ]] || guest=$(realpath -m -- "$guest")
    mkdir -p "$staging$(dirname "$guest")"
    # Symbolic links are followed: what they lead to on the host is not there in the guest.
    cp -rL --preserve=mode,timestamps -T "$host" "$staging$guest"
}
