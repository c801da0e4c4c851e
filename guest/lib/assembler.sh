#!/usr/bin/env bash
# The assembler of a machine, for the tests that hold the library's machine code against one: the one that is installed, or else
# Debian's, unpacked into the cache and run by its own loader.
#
# assembler.sh MACHINE ARGUMENT... : `as` for x86_64, aarch64 or s390x with these arguments.
# Exit codes: the assembler's; 69 where there is none to be had; the reason is on standard error.
set -euo pipefail

REPOSITORY=$(cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$REPOSITORY/guest/lib/common.sh"
# shellcheck source-path=SCRIPTDIR source=fetch.sh
source "$REPOSITORY/guest/lib/fetch.sh"

[[ $# -gt 0 ]] || die "$EXIT_USAGE" "assembler.sh wants MACHINE ARGUMENT..."
machine=$1
shift
! command -v "$machine-linux-gnu-as" >/dev/null || exec "$machine-linux-gnu-as" "$@"

# unpack_assembler MACHINE FOLDER
unpack_assembler() { unpack amd64 "$2" "binutils-${1//_/-}-linux-gnu"; }

prepare_cache
part "assembler-$machine" unpack_assembler "$machine"
root=$CACHE/parts/assembler-$machine
exec "$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" "$root/usr/bin/$machine-linux-gnu-as" "$@"
