# shellcheck shell=bash
# The compiler of another machine, for guest/compile: Debian's cross compiler with the C library, as a part compiler-MACHINE.

# prepare_compiler MACHINE
prepare_compiler() {
    choose_workshop
    if [[ $WORKSHOP == own ]]; then
        need_own "a program for $1" "$(missing_tools "$1-linux-gnu-gcc")"
    else
        part "compiler-$1" unpack_compiler "$1"
    fi
}

unpack_compiler() {
    unpack amd64 "$2" base-files dash coreutils "gcc-$1-linux-gnu" "libc6-dev-$1-cross"
    mkdir -p "$2/build"
}

# compile MACHINE WORK OUTPUT SOURCE... : by way of the empty folder WORK, which the compiler sees in place of the sources' own.
compile() {
    local machine=$1 work=$2 output=$3 source
    shift 3
    mkdir "$work/sources"
    for source in "$@"; do
        [[ ! -e $work/sources/${source##*/} ]] || die "$EXIT_USAGE" "two sources are called ${source##*/}."
        cp -L "$source" "$work/sources/"
        find "$(dirname "$source")" -maxdepth 1 -name '*.h' -exec cp -L {} "$work/sources/" \;
    done
    cat >"$work/compile.sh" <<'SCRIPT'
cd "$1/sources"
export PATH=/usr/bin:/bin:/usr/local/bin
exec "$2-linux-gnu-gcc" -std=gnu17 -O2 -static -Wall -Wextra -Werror -pthread -o ../program ./*.c
SCRIPT
    in_workshop "$CACHE/parts/compiler-$machine" "$work" compile.sh "$machine" || die 1 "$(basename "$output") does not compile for $machine."
    mv "$work/program" "$output"
}
