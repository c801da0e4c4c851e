# shellcheck shell=bash
# What the guest sees as its file system. The kernel unpacks several cpio archives one after the other, so the parts that
# rarely change (programs and libraries, the tool) are packed once, and each run adds a small one of its own.

# pack BUSYBOX FOLDER : the folder as an archive that the kernel unpacks, on standard output.
pack() {
    (cd "$2" && find . -mindepth 1 -print | LC_ALL=C sort | "$1" cpio -o -H newc 2>/dev/null)
}

# write_initramfs MACHINE KERNEL FILE STAGING : userland, packages, then what is this run's own: the tool, modules, included files, and
# the orders for guest/init. STAGING is an empty folder.
write_initramfs() {
    local machine=$1 kernel=$2 file=$3 staging=$4 folder
    folder=$CACHE/parts/$(userland_part "$machine")
    mkdir -p "$staging"/usr/{bin,lib/vfio} "$staging/etc/guest/modules"
    install -m 755 "$REPOSITORY/guest/init" "$staging/init"
    cp -a "$TOOL/." "$staging/usr/lib/vfio/"
    ln -s ../lib/vfio/vfio "$staging/usr/bin/vfio"
    stage_modules "$machine" "$kernel" "$staging/etc/guest/modules"
    stage_orders "$staging/etc/guest"
    local include name
    for include in "${INCLUDES[@]}"; do
        stage_include "$include" "$staging"
    done
    {
        cat "$folder/userland.cpio"
        for name in "${PACKAGES[@]}"; do
            cat "$CACHE/parts/$(package_part "$machine" "$name")/package.cpio"
        done
        pack "$(busybox)" "$staging"
    } >"$file"
    rm -rf "$staging"
}

# Numbered, because the guest loads them in the order of their names.
stage_modules() {
    local machine=$1 kernel=$2 folder=$3 module name number=100
    while read -r module; do
        name=${module##*/}
        module_content "$machine" "$kernel" "$module" >"$folder/$number-${name%.xz}"
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
    [[ $BOOTS -eq 1 ]] || printf '%s\n' "$BOOTS" >"$folder/boots"
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
