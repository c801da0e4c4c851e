# shellcheck shell=bash
# Where something is built from source: Debian's compiler runs with its own libraries around it, so it wants a root of its own, which is
# unpacked into the cache and entered by a mount namespace; an ordinary user needs a user namespace for that, too. Where neither is allowed
# (some containers), the machine's own tools have to do.

# choose_workshop : sets WORKSHOP to root, user or own.
choose_workshop() {
    if unshare --mount true 2>/dev/null; then
        WORKSHOP=root
    elif unshare --user --map-root-user --mount true 2>/dev/null; then
        WORKSHOP=user
    else
        WORKSHOP=own
    fi
}

# missing_tools COMMAND... : those that this machine does not have.
missing_tools() {
    local tool missing=()
    for tool in "$@"; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    printf '%s' "${missing[*]}"
}

# need_own WHAT MISSING : ends guest/run where WHAT has to be built with the machine's own tools and these are missing.
need_own() {
    [[ -z ${2// /} ]] || die "$EXIT_UNAVAILABLE" "this machine allows no mount namespace, so $1 needs its own tools: install ${2# }."
}

# in_workshop ROOT FOLDER SCRIPT ARGUMENT... : runs SCRIPT, a file in FOLDER, as `sh SCRIPT FOLDER ARGUMENT...` among the tools in ROOT, where
# FOLDER is /build. Nothing is left behind: the mounts end with the script.
in_workshop() {
    local root=$1 folder=$2 script=$3
    shift 3
    # shellcheck disable=SC2016 # the inner shell's own parameters
    local enter='mount --rbind /proc "$1/proc" && mount --rbind /dev "$1/dev" && mount --bind "$2" "$1/build" && cd / &&
        root=$1 script=$3 && shift 3 && exec chroot "$root" /bin/sh "/build/$script" /build "$@"'
    case $WORKSHOP in
        root) unshare --mount sh -c "$enter" sh "$root" "$folder" "$script" "$@" ;;
        user) unshare --user --map-root-user --mount sh -c "$enter" sh "$root" "$folder" "$script" "$@" ;;
        own) sh "$folder/$script" "$folder" "$@" ;;
    esac </dev/null
}
