# Words for the scripts of guests with NVMe controllers, for busybox's shell.

# give ADDRESS DRIVER : takes a function from its driver and has another one take it.
give() {
    echo "$2" >"/sys/bus/pci/devices/$1/driver_override"
    [ ! -e "/sys/bus/pci/devices/$1/driver" ] || echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
    echo "$1" >/sys/bus/pci/drivers_probe
    [ -e "/sys/bus/pci/drivers/$2/$1" ] || { echo "$2 did not take $1" >&2; dmesg | tail -n 5 >&2; return 1; }
}

# disk ADDRESS [NSID] : the block device of a namespace (1 unless said) of a controller that the kernel's driver has, such as /dev/nvme0n1,
# once it is there. The number at its end is not the namespace's: the kernel looks at all namespaces at once, and counts as it finds them.
disk() {
    local tries=0 block
    while [ $tries -lt 100 ]; do
        for block in "/sys/bus/pci/devices/$1/nvme"/nvme*/nvme*n*; do
            [ "$(cat "$block/nsid" 2>/dev/null)" = "${2:-1}" ] && [ -b "/dev/${block##*/}" ] && echo "/dev/${block##*/}" && return
        done
        tries=$((tries + 1))
        usleep 50000
    done
    echo "the kernel's driver found no namespace ${2:-1} of $1" >&2
    dmesg | tail -n 5 >&2
    return 1
}

# controller ADDRESS : what the kernel calls the controller, such as /dev/nvme0, once its first namespace is there.
controller() {
    local block
    block=$(disk "$1") && echo "${block%n*}"
}

# sum FILE OFFSET LENGTH : the checksum of a part of a disk, read past the page cache; both are multiples of 64 KiB.
sum() { dd if="$1" bs=64k skip=$(($2 / 65536)) count=$(($3 / 65536)) iflag=direct 2>/dev/null | sha256sum | cut -d' ' -f1; }

# is_zero FILE OFFSET LENGTH : a part of a disk is zeroes, read past the page cache.
is_zero() { [ "$(sum "$@")" = "$(head -c "$3" /dev/zero | sha256sum | cut -d' ' -f1)" ]; }
