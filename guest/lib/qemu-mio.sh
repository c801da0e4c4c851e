# shellcheck shell=bash
# --mio : a QEMU that knows memory I/O instructions, built from Debian's source with the change in guest/qemu-mio. The part has the form of the
# other QEMU's (qemu.sh), and `version`, what it was made from, and `devices`, what it has.

readonly RECIPE=qemu-mio
readonly RECIPE_PART=qemu-s390x-mio
readonly RECIPE_TITLE="QEMU with memory I/O instructions"
readonly RECIPE_PACKAGES=''
readonly RECIPE_LIBRARIES=''

# take_recipe ROOT FOLDER VERSION : QEMU, and the firmware without which it starts no machine, although it is not run when the kernel is given.
take_recipe() {
    local root=$1 folder=$2
    take_program "$root" "$folder" qemu-system-s390x
    mkdir -p "$folder/usr/share/qemu"
    unpack_only amd64 "$folder/data" qemu-system-data
    cp -L "$folder/data/usr/share/qemu/s390-ccw.img" "$folder/usr/share/qemu/"
    rm -rf "$folder/data"
    run_taken "$folder" qemu-system-s390x -device help | sed -n 's/^name "\([^"]*\)", bus PCI\b.*/\1/p' | LC_ALL=C sort >"$folder/devices"
}

# need_device NAME KIND : ends guest/run where the QEMU of --mio does not have a device.
need_device() {
    local part others
    part=$CACHE/parts/$(recipe_part)
    ! grep -qxF -e "$2" "$part/devices" || return 0
    others=$(grep -v -e transitional -e nohotplug "$part/devices" | paste -sd' ')
    die "$EXIT_USAGE" "the QEMU of --mio, made from Debian's $(<"$part/version"), has no $2 for '$1': it has $others."
}
