# shellcheck shell=bash
# From --device to QEMU's arguments: names, backing files, places.
# What belongs to a machine's bus (machine-*.sh) is `take_function_properties NAME SPEC` and `place_device NAME INDEX PROPERTIES`.

# What a specification says of the function rather than of the device (machine-s390x.sh).
readonly FUNCTION_KEYS="mio mio-fault pft"

# Sets DEVICE_NAMES, DEVICE_PLACES and DEVICE_ARGUMENTS from DEVICES, and SHARED_MEMORY to yes if another process has to see
# the guest's memory; files go into the folder RUN.
plan_devices() {
    local run=$1 spec kind index=0
    declare -A count=() seen=()
    DEVICE_NAMES=() DEVICE_PLACES=() DEVICE_ARGUMENTS=() SHARED_MEMORY=no
    for spec in "${DEVICES[@]}"; do
        kind=${spec%%[,:]*}
        count[$kind]=$((${count[$kind]:-0} + 1))
    done
    for spec in "${DEVICES[@]}"; do
        kind=${spec%%[,:]*}
        local name=$kind
        [[ ${count[$kind]} -eq 1 ]] || name=$kind${seen[$kind]:-0}
        seen[$kind]=$((${seen[$kind]:-0} + 1))
        name=$(property "$spec" id "$name")
        [[ $name =~ ^[A-Za-z][A-Za-z0-9._-]*$ ]] || die "$EXIT_USAGE" "'$name' cannot name a device: a letter, then letters, digits, '-', '.' and '_'."
        spec=$(without "$spec" id)
        take_function_properties "$name" "$spec"
        back_device "$run" "$kind" "$name" "$SPEC"
        place_device "$name" "$index" "$BACKED"
        index=$((index + 1))
    done
}

# property SPEC KEY DEFAULT
property() {
    local spec=,$1, value
    if [[ $spec == *",$2="* ]]; then
        value=${spec#*",$2="}
        printf '%s\n' "${value%%,*}"
    else
        printf '%s\n' "$3"
    fi
}

has() { [[ ,$1, == *",$2="* ]]; }

without() {
    local spec=$1 key
    shift
    for key in "$@"; do
        spec=$(sed -E "s/,$key=[^,]*//" <<<"$spec")
    done
    printf '%s\n' "$spec"
}

# with_properties SPEC KEY=VALUE... : a specification in either of QEMU's forms with more properties.
with_properties() {
    local spec=$1 entry
    shift
    for entry in "$@"; do
        case $spec in
            '{'*) spec="${spec%\}},\"${entry%%=*}\":\"${entry#*=}\"}" ;;
            *) spec+=,$entry ;;
        esac
    done
    printf '%s\n' "$spec"
}

# back_device RUN KIND NAME SPEC : sets BACKED to the specification with what the device cannot do without. `file=` and `size=`
# of nvme and ivshmem-plain are guest/run's: the file on the host that is the drive or the shared memory.
back_device() {
    local run=$1 kind=$2 name=$3 spec=$4 file size
    BACKED=$spec
    case $kind in
        nvme)
            file=$(backing_file "$run" "$name" "$spec" 64M)
            BACKED=$(without "$spec" file size),drive=drive-$name
            has "$spec" serial || BACKED+=,serial=$name
            DEVICE_ARGUMENTS+=(-drive "if=none,id=drive-$name,format=raw,file=${file//,/,,}")
            ;;
        ivshmem-plain)
            file=$(backing_file "$run" "$name" "$spec" 4M)
            size=$(stat -c %s "$file")
            BACKED=$(without "$spec" file size),memdev=memory-$name
            DEVICE_ARGUMENTS+=(-object "memory-backend-file,id=memory-$name,share=on,size=$size,mem-path=${file//,/,,}")
            ;;
        vfio-user)
            # Only JSON can say a socket to QEMU's -device.
            file=$(without "${spec#vfio-user:}" class)
            [[ $spec == vfio-user:?* && $file != *[,\"\\]* ]] || die "$EXIT_USAGE" "'$spec' wants the path of a socket and no property of its own beside it: vfio-user:/run/device.sock."
            [[ -S $file ]] || die "$EXIT_USAGE" "there is no socket $file for the device '$name'."
            BACKED='{"driver":"vfio-user-pci","socket":{"type":"unix","path":"'$(realpath "$file")'"}'$(class_property "$name" "$spec")'}'
            SHARED_MEMORY=$([[ $PRIVATE_MEMORY == yes ]] && echo no || echo yes)
            ;;
        e1000 | e1000e | igb | virtio-net-pci)
            # A network card's option ROM would only look for a network to boot from.
            has "$spec" romfile || BACKED+=,romfile=
            ;;
    esac
}

# class_property NAME SPEC : `class=`, the class code that QEMU shows in place of the served function's, as a member of the JSON object.
class_property() {
    local value
    has "$2" class || return 0
    value=$(property "$2" class '')
    [[ $value =~ ^[0-9a-f]{6}$ ]] || die "$EXIT_USAGE" "class= of '$1' is a class code of six hexadecimal digits, not '$value'."
    printf ',"x-pci-class-code":%d' "0x$value"
}

# backing_file RUN NAME SPEC SIZE : an existing file keeps its content; SIZE counts when the file is new.
backing_file() {
    local file size
    file=$(property "$3" file "$1/$2.img")
    size=$(property "$3" size "$4")
    if [[ ! -e $file ]]; then
        truncate -s "$size" "$file" || die "$EXIT_USAGE" "cannot make the file $file of $size for the device $2."
    fi
    realpath "$file"
}
