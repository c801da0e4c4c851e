# shellcheck shell=bash
# The s390x guest: channel I/O and zPCI functions under software emulation. Sourced for `guest/run s390x`.

readonly DEFAULT_DEVICES="nvme"
# What QEMU knows for x86-64 and not here, and how many functions its one PCI bus has room for.
readonly ABSENT_DEVICES="edu ivshmem-plain ivshmem-doorbell pci-testdev" PCI_FUNCTIONS=31

# How the kernel with iommufd is built for it.
readonly KERNEL_ARCH=s390 KERNEL_CROSS=s390x-linux-gnu- KERNEL_COMPILER=gcc-s390x-linux-gnu KERNEL_IMAGE=arch/s390/boot/bzImage

check_options() {
    [[ $ROOT_PORTS == no ]] || die "$EXIT_USAGE" "an s390x guest has no root ports: each function is alone, and can be unplugged as it is."
    [[ $VIOMMU == yes ]] || die "$EXIT_USAGE" "an s390x guest has an IOMMU in any case: --no-viommu is not for it."
    [[ $LARGE_BARS == no ]] || die "$EXIT_USAGE" "an s390x guest has room for BARs of 256 TiB in any case: --large-bars is not for it."
    [[ $ACCEL == tcg ]] || die "$EXIT_USAGE" "an s390x guest is emulated: --accel $ACCEL is not for it."
}

kernel_arguments() { printf 'console=ttysclp0'; }

# Adds to `arguments`, which belongs to boot. The virtio ports are channel devices: no PCI function but those asked for.
machine_arguments() {
    arguments+=(-M "s390-ccw-virtio,accel=$ACCEL" -cpu "max$CPU"
        -device "sclpconsole,chardev=console"
        -device virtio-serial-ccw)
}

# take_function_properties NAME SPEC : sets SPEC, the specification without what belongs to the device's zpci, and FUNCTION_PROPERTIES, that.
take_function_properties() {
    local name=$1 key value entry
    SPEC=$2 FUNCTION_PROPERTIES=''
    for key in $FUNCTION_KEYS; do
        has "$SPEC" "$key" || continue
        [[ $MIO == yes ]] || die "$EXIT_USAGE" "$key= of '$name' wants a machine with memory I/O instructions: add --mio."
        value=$(property "$SPEC" "$key" '')
        case $key in
            mio)
                [[ $value == on || $value == off ]] || die "$EXIT_USAGE" "mio= of '$name' is on or off, not '$value'."
                entry=mio=$value
                ;;
            mio-fault)
                [[ $value =~ ^(0x[0-9a-fA-F]{1,15}|0|[1-9][0-9]{0,17})$ ]] ||
                    die "$EXIT_USAGE" "mio-fault= of '$name' is an offset in BAR 0, not '$value'."
                entry=x-mio-fault=$value
                ;;
            pft)
                [[ $value =~ ^(0|[1-9][0-9]{0,2})$ && $value -le 255 ]] ||
                    die "$EXIT_USAGE" "pft= of '$name' is a number from 0 to 255, not '$value'."
                entry=x-pft=$value
                ;;
        esac
        FUNCTION_PROPERTIES+=,$entry
        SPEC=$(without "$SPEC" "$key")
    done
}

# place_device NAME INDEX PROPERTIES : behind a zpci device of its own. Its user-defined identifier (uid) is the PCI domain in
# which Linux shows the function (arch/s390/pci/pci.c, zpci_alloc_domain).
place_device() {
    local name=$1 number=$(($2 + 1)) properties=$3 kind=${3%%,*} key
    [[ " $ABSENT_DEVICES " != *" $kind "* ]] || die "$EXIT_USAGE" "QEMU has no $kind for s390x: it is in guests for x86_64."
    # vfio-user-pci comes as JSON (back_device).
    kind=${kind#'{"driver":"'}
    [[ $MIO == no ]] || need_device "$name" "${kind%'"'}"
    for key in bus addr; do
        ! has "$properties" "$key" || die "$EXIT_USAGE" "$key= of '$name' has no meaning on s390x: each function has a domain of its own."
    done
    [[ $number -le $PCI_FUNCTIONS ]] || die "$EXIT_USAGE" "the bus has room for $PCI_FUNCTIONS devices."
    DEVICE_PLACES+=("$(printf '%04x:00:00.0' "$number")")
    DEVICE_ARGUMENTS+=(-device "zpci,uid=$number,fid=$number,target=$name$FUNCTION_PROPERTIES" -device "$(with_properties "$properties" "id=$name")")
    DEVICE_NAMES+=("$name")
}
