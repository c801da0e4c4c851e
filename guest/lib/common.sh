# shellcheck shell=bash
# Words that every part of guest/run uses: how it speaks, how it locks, where the cache lies.

# Exit codes of guest/run itself; anything else is the exit code of COMMAND.
readonly EXIT_USAGE=2         # the command line is wrong
readonly EXIT_UNAVAILABLE=69  # a part is neither cached nor to be had (sysexits.h, EX_UNAVAILABLE)
readonly EXIT_GUEST=70        # the guest ended without saying how COMMAND did (sysexits.h, EX_SOFTWARE)
readonly EXIT_TIMEOUT=124     # the guest was ended after --timeout (as timeout(1) says it)

CACHE=${VFIOSHARP_CACHE:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/vfiosharp}

note() { printf 'guest/run: %s\n' "$*" >&2; }

die() {
    local code=$1
    shift
    note "$*"
    exit "$code"
}

# with_lock NAME COMMAND... : one process at a time per NAME, across every guest/run that shares the cache.
# The subshell keeps the descriptor: nothing that guest/run starts later inherits the lock.
with_lock() {
    local name=$1
    shift
    (
        flock 9
        "$@" 9>&-
    ) 9>"$CACHE/locks/$name"
}

# part NAME FUNCTION [ARGUMENT...] : makes $CACHE/parts/NAME once by `FUNCTION ARGUMENT... FOLDER`. The folder gets its
# name only when it is whole, so an interrupted run leaves a temporary one, which the next holder of the lock sweeps away.
part() {
    [[ -d $CACHE/parts/$1 ]] || with_lock "$1" make_part "$@"
}

make_part() {
    local name=$1 make=$2
    shift 2
    [[ -d $CACHE/parts/$name ]] && return
    rm -rf "$CACHE/tmp/$name".*
    local folder
    folder=$(mktemp -d "$CACHE/tmp/$name.XXXXXX")
    chmod 755 "$folder"
    "$make" "$@" "$folder"
    mv "$folder" "$CACHE/parts/$name"
}

prepare_cache() {
    [[ $CACHE == /* ]] || die "$EXIT_USAGE" "the cache's folder '$CACHE' is not an absolute path: set HOME or VFIOSHARP_CACHE."
    mkdir -p "$CACHE"/{apt,locks,parts,tmp,tool} ||
        die "$EXIT_UNAVAILABLE" "cannot create the cache $CACHE: set VFIOSHARP_CACHE to a folder that can be written."
}
