# shellcheck shell=bash
# --boots NUMBER : one QEMU boots the guest several times. A guest starts from the same files each time and cannot know which boot it
# is in: it asks through a port, and is told a number.

# open_boot_port RUN : adds to `arguments`, which belongs to boot.
open_boot_port() {
    local run=$1
    if [[ $BOOTS -eq 1 ]]; then
        arguments+=(-no-reboot)
        return
    fi
    mkfifo "$run/boot.in" "$run/boot.out"
    arguments+=(-chardev "pipe,id=boot,path=$run/boot" -device "virtserialport,chardev=boot,name=boot")
    # Opened for both ways, as in events.sh.
    answer_boots <>"$run/boot.out" 1<>"$run/boot.in" &
    BOOT_PROCESS=$!
}

answer_boots() {
    local number=0
    while IFS= read -r _; do
        number=$((number + 1))
        printf '%s\n' "$number"
    done
}

close_boot_port() {
    end_processes "${BOOT_PROCESS:-}"
    BOOT_PROCESS=
}
