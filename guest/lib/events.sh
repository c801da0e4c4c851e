# shellcheck shell=bash
# --on MARKER=QMP : while COMMAND runs, QEMU is told something when COMMAND prints the line MARKER (on standard output, standard
# error, or into /run/host, which shows nowhere). QEMU's monitor and the guest's port are named pipes: bash needs no more.

# open_host_port RUN : adds to `arguments`, which belongs to boot.
open_host_port() {
    local run=$1 entry
    if [[ ${#ON[@]} -eq 0 ]]; then
        arguments+=(-chardev "null,id=host")
        return
    fi
    for entry in "${ON[@]}"; do
        printf '%s\n' "${entry%%=*}"
    done >"$run/markers"
    mkfifo "$run/host" "$run/seen" "$run/qmp.in" "$run/qmp.out"
    arguments+=(-chardev "file,id=host,path=$run/host" -chardev "pipe,id=qmp,path=$run/qmp" -mon "chardev=qmp,mode=control")
    # Opened for both ways: nobody waits for the other side, and QEMU's start needs no order.
    cat <>"$run/qmp.out" >"$run/qmp.log" &
    EVENT_PROCESSES=$!
    markers "$run" <>"$run/host" &
    EVENT_PROCESSES+=" $!"
    answer_markers "$run" <>"$run/seen" &
    EVENT_PROCESSES+=" $!"
}

# Only whole marker lines pass: they are short, so those of several streams do not mix.
# Takes the place of its process, so that whoever ends that process ends grep.
markers() { exec grep --line-buffered -a -x -F -f "$1/markers" 1<>"$1/seen"; }

answer_markers() {
    local run=$1 line entry
    exec {qmp}<>"$run/qmp.in"
    printf '{"execute":"qmp_capabilities"}\n' >&"$qmp"
    while IFS= read -r line; do
        for entry in "${ON[@]}"; do
            [[ $line != "${entry%%=*}" ]] || printf '%s\n' "${entry#*=}" >&"$qmp"
        done
    done
}

# close_host_port RUN : a command that QEMU refused is said, since the guest then waited for nothing.
close_host_port() {
    [[ ${#ON[@]} -gt 0 ]] || return 0
    end_processes "$EVENT_PROCESSES"
    EVENT_PROCESSES=
    local refused
    refused=$(grep -m 1 -o '"error": *{.*}' "$1/qmp.log") || return 0
    note "QEMU refused a command of --on: $refused"
}

end_processes() {
    local process
    for process in $1; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
}
