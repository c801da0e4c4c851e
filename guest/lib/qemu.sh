# shellcheck shell=bash
# QEMU, unpacked from Debian's packages and run by its own loader, so that the machine's libraries do not matter.

prepare_qemu() {
    if [[ $MIO == yes ]]; then
        part "$(qemu_part "$1")" build_recipe
    else
        part "$(qemu_part "$1")" unpack_qemu "$1"
    fi
}

# qemu_part MACHINE : of Debian's packages, or with memory I/O instructions (--mio), which has the same form.
qemu_part() { if [[ $MIO == yes ]]; then recipe_part; else printf 'qemu-%s\n' "$1"; fi; }

unpack_qemu() {
    local package
    case $1 in
        x86_64) package=qemu-system-x86 ;;
        *) package=qemu-system-$1 ;;
    esac
    # An older QEMU lacks devices and bus support that the guests need.
    unpack_newer amd64 "$2" "$package"
}

# qemu_command MACHINE : sets QEMU to the words that start it.
qemu_command() {
    local machine=$1 root
    root=$CACHE/parts/$(qemu_part "$1")
    QEMU=("$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu"
        "$root/usr/bin/qemu-system-$machine" -L "$root/usr/share/qemu" -L "$root/usr/share/seabios" -L "$root/usr/lib/ipxe/qemu")
}

# Adds --trace to `arguments`, which belongs to boot. QEMU takes one list of events and has one log, so that the first file takes
# what all events say.
add_traces() {
    local entry events=''
    [[ ${#TRACES[@]} -gt 0 ]] || return 0
    for entry in "${TRACES[@]}"; do
        events+=${events:+,}trace:${entry%%=*}
    done
    arguments+=(-d "$events" -D "${TRACES[0]#*=}")
}

# boot MACHINE KERNEL RUN : runs the guest to its end with this run's files in the folder RUN, and sets GUEST_CODE to COMMAND's
# exit code. COMMAND's output passes through named pipes, not through QEMU's own: QEMU would make the caller's terminal or
# pipe non-blocking for everybody who shares it.
boot() {
    local machine=$1 run=$3 arguments status=0 name panic=-1 huge=off
    # A guest that boots more than once would go on after a panic for ever.
    [[ $BOOTS -eq 1 ]] || panic=0
    qemu_command "$machine"
    arguments=(-nodefaults -display none -smp 1 -m "$MEMORY"
        -kernel "$CACHE/parts/$(kernel_part "$machine" "$2")/vmlinuz" -initrd "$run/initramfs"
        -append "$(kernel_arguments) panic=$panic quiet hugepages=16${APPEND:+ $APPEND}"
        -chardev "file,id=console,path=$run/console.log")
    machine_arguments
    [[ $HUGE_MEMORY == no ]] || huge=on
    # The process behind a vfio-user socket reads and writes the guest's memory itself, so that it has to be a file.
    [[ $SHARED_MEMORY == no ]] || arguments+=(-object "memory-backend-memfd,id=ram,size=${MEMORY}M,share=on,hugetlb=$huge" -machine memory-backend=ram)
    mkfifo "$run/stdout" "$run/stderr"
    for name in stdout stderr control host; do
        arguments+=(-device "virtserialport,chardev=$name,name=$name")
    done
    arguments+=(-chardev "file,id=stdout,path=$run/stdout" -chardev "file,id=stderr,path=$run/stderr"
        -chardev "file,id=control,path=$run/control" "${DEVICE_ARGUMENTS[@]}")
    : >"$run/console.log"
    add_traces

    open_host_port "$run"
    open_boot_port "$run"
    relay "$run" stdout &
    local relays=$!
    relay "$run" stderr >&2 &
    relays+=" $!"
    # Held open until QEMU has ended, so that the relays see the end even when QEMU never opened its side.
    exec {hold_stdout}>"$run/stdout" {hold_stderr}>"$run/stderr"
    # A process of its own keeps the time: the guest ends by it even if guest/run is killed.
    timeout --foreground --kill-after=5 "$TIMEOUT" "${QEMU[@]}" "${arguments[@]}" </dev/null >"$run/qemu.log" 2>&1 \
        {hold_stdout}>&- {hold_stderr}>&- &
    GUEST=$!
    wait "$GUEST" || status=$?
    GUEST=
    exec {hold_stdout}>&- {hold_stderr}>&-
    # shellcheck disable=SC2086 # two process ids
    wait $relays || true
    close_host_port "$run"
    close_boot_port
    judge "$run" "$status"
}

# judge RUN STATUS : what came of it.
judge() {
    local run=$1 status=$2
    say_warnings "$run"
    if [[ $status -eq 124 || $status -eq 137 ]]; then
        show_log "$run/console.log"
        die "$EXIT_TIMEOUT" "the guest did not end within $TIMEOUT s and was stopped (--timeout)."
    fi
    GUEST_CODE=$(sed -n 's/^exit \([0-9]*\)$/\1/p' "$run/control" 2>/dev/null || true)
    [[ -z $GUEST_CODE ]] || return 0
    if [[ ! -s $run/console.log && -s $run/qemu.log ]]; then
        die "$EXIT_USAGE" "QEMU did not start: $(sed 's/^[^ ]*qemu-system-[^ :]*: //' "$run/qemu.log" | grep -v '^warning:' | head -n 1)"
    fi
    show_log "$run/console.log"
    show_log "$run/qemu.log"
    die "$EXIT_GUEST" "the guest ended without saying how the command did."
}

# QEMU's own words reach the caller where a process of the caller's is behind a device: they are about what that process said.
say_warnings() {
    local line
    [[ " ${DEVICES[*]} " == *" vfio-user:"* && -s $1/qemu.log ]] || return 0
    while IFS= read -r line; do
        note "QEMU: ${line#*qemu-system-"$MACHINE": }"
    done <"$1/qemu.log"
}

show_log() {
    [[ -s $1 ]] || return 0
    note "the end of the guest's ${1##*/}:"
    tail -n 25 "$1" | tr -d '\000\r' | sed 's/^/    /' >&2
}

# relay RUN STREAM : to this process's standard output; with --on, lines are looked at on their way.
relay() {
    if [[ ${#ON[@]} -eq 0 ]]; then
        cat <"$1/$2"
    else
        tee >(markers "$1") <"$1/$2"
    fi
}
