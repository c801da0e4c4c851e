#!/usr/bin/env bash
# Makes a program of this repository ready to run on Debian's Mono for s390x under QEMU's user mode emulation: big-endian, with no guest.
#
# mono-user.sh PROJECT : PROJECT is a project's folder. Prints the path of an executable that runs the program with its own arguments.
# Exit codes: 0; 69 where a part cannot be had; 1 where the program does not build; the reason is on standard error.
set -euo pipefail

REPOSITORY=$(cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../.." && pwd)
for part in common fetch mono tool; do
    # shellcheck source-path=SCRIPTDIR source=/dev/null
    source "$REPOSITORY/guest/lib/$part.sh"
done

[[ $# -eq 1 && -d $1 ]] || die "$EXIT_USAGE" "mono-user.sh wants PROJECT."
project=$(realpath "$1")
command -v dotnet >/dev/null || die "$EXIT_UNAVAILABLE" "there is no dotnet on the PATH to publish the program with: install the .NET SDK."

# One hash over everything that decides what the program is.
program_hash() {
    {
        source_hash
        find "$project" -type f -not -path '*/bin/*' -not -path '*/obj/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    } | sha256sum | cut -c 1-16
}

# publish_program FOLDER
publish_program() {
    local work output
    [[ ! -d $1 ]] || return 0
    work=$CACHE/tool/build-$(printf '%s' "$project" | sha256sum | cut -c 1-12)
    output=$work/out
    note "publishing ${project##*/} for Mono"
    "$REPOSITORY/guest/lib/publish-mono.sh" "$project" "$output" "$work" || exit
    write_launcher "$output" "$1"
    mv "$output" "$1"
    # Every change of the sources leaves a folder behind: those that no run touched for three days go.
    find "$CACHE/tool" -mindepth 1 -maxdepth 1 -name "${project##*/}-s390x-*" -mtime +2 -exec rm -rf {} +
}

# write_launcher FOLDER PLACE : the executable `launch` in FOLDER, which will be moved to PLACE. A program that a signal ends leaves no core.
write_launcher() {
    local root program
    root=$(mono_root s390x)
    program=$(basename "$1"/"${project##*/}".dll)
    cat >"$1/launch" <<SCRIPT
#!/bin/sh
ulimit -c 0
export MONO_CFG_DIR='$root/etc' MONO_PATH='$root/usr/lib/mono/4.5'
exec '$(qemu_user s390x)' -L '$root' '$root/usr/bin/mono' '$2/$program' "\$@"
SCRIPT
    chmod 755 "$1/launch"
}

prepare_cache
prepare_mono s390x
prepare_qemu_user s390x
folder=$CACHE/tool/${project##*/}-s390x-$(program_hash)
[[ -d $folder ]] || with_lock tool publish_program "$folder"
touch "$folder"
printf '%s\n' "$folder/launch"
