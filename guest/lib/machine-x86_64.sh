# shellcheck shell=bash
# The x86-64 guest: a q35 machine with Intel's IOMMU and interrupt remapping. Sourced for `guest/run x86_64`.

readonly DEFAULT_DEVICES="nvme edu ivshmem-plain pci-testdev e1000e igb"
# The virtio ports sit at the end of the bus, away from the devices that are looked at; 1f is the chipset's own.
readonly PORTS_SLOT=1e

# How the kernel with iommufd is built for it.
readonly KERNEL_ARCH=x86_64 KERNEL_CROSS='' KERNEL_COMPILER=gcc KERNEL_IMAGE=arch/x86/boot/bzImage

check_options() {
    [[ $MIO == no ]] || die "$EXIT_USAGE" "memory I/O instructions are IBM Z's: --mio is for s390x."
    [[ -z $CPU ]] || die "$EXIT_USAGE" "the processor of an x86_64 guest has no features to choose: --cpu is for s390x."
    [[ $LARGE_BARS == no || $ACCEL == tcg ]] || die "$EXIT_USAGE" "--large-bars wants an emulated processor: --accel $ACCEL is not for it."
    # Debian's kernels are built without CONFIG_VFIO_NOIOMMU.
    [[ $VIOMMU == yes || $KERNEL == iommufd || $BIND == no ]] ||
        die "$EXIT_USAGE" "without an IOMMU vfio-pci of kernel $KERNEL takes no device: add --kernel iommufd, or --no-bind."
}

# no_timer_check: on a busy machine the emulated timer can miss the few ticks that the kernel tests it for, which then panics.
kernel_arguments() {
    printf 'console=ttyS0 no_timer_check '
    if [[ $VIOMMU == yes ]]; then printf 'intel_iommu=on iommu=nopt'; else printf 'vfio.enable_unsafe_noiommu_mode=1'; fi
}

# Adds to `arguments`, which belongs to boot.
machine_arguments() {
    local processor=max
    [[ $ACCEL == tcg ]] || processor=host
    if [[ $LARGE_BARS == yes ]]; then
        # As many as page tables hold. The addresses for devices are what the ACPI tables tell Linux of; QEMU's own choice is 32 GiB.
        processor+=,phys-bits=52
        arguments+=(-global q35-pcihost.pci-hole64-size=1024T)
    fi
    arguments+=(-M "q35,accel=$ACCEL,kernel-irqchip=split" -cpu "$processor"
        -serial chardev:console
        -device "virtio-serial-pci,addr=$PORTS_SLOT")
    [[ $VIOMMU == no ]] || arguments+=(-device "intel-iommu,intremap=on,caching-mode=on")
}

# take_function_properties NAME SPEC : sets SPEC, the specification without what guest/run itself understands.
take_function_properties() {
    local key
    SPEC=$2
    for key in $FUNCTION_KEYS; do
        ! has "$SPEC" "$key" || die "$EXIT_USAGE" "$key= of '$1' is for s390x with --mio."
    done
}

# place_device NAME INDEX PROPERTIES : on the root bus, or with --root-ports below a port of its own, from where it can be
# unplugged and where a bus reset reaches it. addr=SLOT.FUNCTION is the caller's choice of a place on the root bus.
place_device() {
    local name=$1 slot address properties=$3
    ! has "$properties" bus || die "$EXIT_USAGE" "bus= of '$name' is guest/run's to choose: use --root-ports or addr=."
    if has "$properties" addr; then
        address=$(property "$properties" addr "")
        [[ $address =~ ^(0x)?([0-9a-f]{1,2})(\.(0x)?([0-7]))?$ ]] || die "$EXIT_USAGE" "addr=$address of '$name' is not SLOT or SLOT.FUNCTION in hexadecimal digits."
        DEVICE_PLACES+=("$(printf '0000:00:%02x.%d' "0x${BASH_REMATCH[2]}" "${BASH_REMATCH[5]:-0}")")
        DEVICE_ARGUMENTS+=(-device "$(with_properties "$properties" "id=$name")")
    else
        slot=$(free_slot)
        if [[ $ROOT_PORTS == yes ]]; then
            # At 5 GT/s Linux waits some time after a bus reset; above, it waits for a link that QEMU does not report as active.
            DEVICE_PLACES+=("0000:00:$slot.0/")
            DEVICE_ARGUMENTS+=(-device "pcie-root-port,id=port-$name,x-speed=5,chassis=$(($2 + 1)),slot=$(($2 + 1)),addr=$slot"
                -device "$(with_properties "$properties" "id=$name" "bus=port-$name")")
        else
            DEVICE_PLACES+=("0000:00:$slot.0")
            DEVICE_ARGUMENTS+=(-device "$(with_properties "$properties" "id=$name" "addr=$slot")")
        fi
    fi
    DEVICE_NAMES+=("$name")
}

# The lowest slot that neither a device before nor an addr= of any device has.
free_slot() {
    local slot taken=" ${DEVICE_PLACES[*]} " spec address
    for spec in "${DEVICES[@]}"; do
        address=$(property "$spec" addr none)
        address=${address%%.*}
        [[ $address == none ]] || taken+="0000:00:$(printf '%02x' "0x${address#0x}")."
    done
    for slot in {2..29}; do
        slot=$(printf '%02x' "$slot")
        if [[ $taken != *"0000:00:$slot."* ]]; then
            printf '%s\n' "$slot"
            return
        fi
    done
    die "$EXIT_USAGE" "the bus has room for 28 devices."
}
