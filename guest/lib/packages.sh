# shellcheck shell=bash
# --with PACKAGE,... : programs of Debian's packages in the guest, such as nvme-cli, fio and e2fsprogs. A package is a folder
# $CACHE/parts/package-MACHINE-NAME-* with `root`, its files and the libraries that its programs are linked to, and `package.cpio`, the
# same for the kernel. What else a package depends on (its scripts' interpreters, services) stays away: a guest's memory is small.

# prepare_packages MACHINE NAME...
prepare_packages() {
    local machine=$1 name
    shift
    for name in "$@"; do
        # Programs of another machine tell what they are linked to only where they run.
        [[ $machine == x86_64 ]] || prepare_qemu_user "$machine"
        part "$(package_part "$machine" "$name")" unpack_package "$machine" "$name"
    done
}

# Other files are another part: what this script says decides which.
package_part() { printf 'package-%s-%s-%s\n' "$1" "$2" "$(sha256sum "$LIB/packages.sh" | cut -c 1-12)"; }

# program_command NAME PROGRAM : sets PROGRAM_COMMAND to the words that start a program of a package on this machine.
program_command() {
    local root
    root=$CACHE/parts/$(package_part x86_64 "$1")/root
    [[ -x $root/usr/bin/$2 ]] || die "$EXIT_USAGE" "Debian's package $1 has no program $2."
    PROGRAM_COMMAND=("$root/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --library-path "$(library_folders x86_64 "$root")" "$root/usr/bin/$2")
}

unpack_package() {
    local machine=$1 name=$2 folder=$3 architecture packer
    local all=$3/all own=$3/own root=$3/root triplet=$1-linux-gnu
    architecture=$(debian_architecture "$machine")
    mkdir -p "$own" "$root/usr/bin" "$root/usr/lib/$triplet"
    unpack_only "$architecture" "$own" "$name"
    unpack "$architecture" "$all" "$name"
    local place
    # In a guest /usr/sbin is /usr/bin.
    for place in usr/bin usr/sbin; do
        [[ ! -d $own/$place ]] || cp -a "$own/$place/." "$root/usr/bin/"
    done
    [[ ! -d $own/etc ]] || cp -a "$own/etc" "$root/"
    copy_libraries "$machine" "$all" "$root"
    packer=$(busybox)
    pack "$packer" "$root" >"$folder/package.cpio"
    rm -rf "$all" "$own"
}

# copy_libraries MACHINE ALL ROOT : from ALL, where everything is, the libraries that the programs in ROOT need, their loader among them.
copy_libraries() {
    local machine=$1 all=$2 root=$3 program library target
    list_command "$machine" "$all"
    for program in "$root"/usr/bin/*; do
        is_program "$program" || continue
        "${LIST[@]}" "$program" || die "$EXIT_UNAVAILABLE" "the loader cannot tell what ${program##*/} is linked to."
    done | awk -v all="$all/" '{ for (i = 1; i <= NF; i++) if (index($i, all) == 1) { print substr($i, length(all) + 1); next } }' | sort -u >"$all/libraries"
    while read -r library; do
        target=$root/$library
        mkdir -p "${target%/*}"
        # What programs are linked to is a name that leads to the file.
        cp -L "$all/$library" "$target"
    done <"$all/libraries"
}

# Some programs of a package are scripts, links to others, or nothing to run.
is_program() { [[ -f $1 && ! -L $1 && $(head -c 4 "$1" | tr -d '\0') == $'\x7fELF' ]]; }

# list_command MACHINE ALL : sets LIST to the words that say what a program is linked to, by the loader among the files in ALL.
list_command() {
    local machine=$1 all=$2 loader
    case $machine in
        x86_64) loader=("$all/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2") ;;
        s390x) loader=("$(qemu_user s390x)" "$all/usr/lib/s390x-linux-gnu/ld64.so.1") ;;
    esac
    LIST=("${loader[@]}" --library-path "$(library_folders "$machine" "$all")" --list)
}

# library_folders MACHINE ROOT : where the libraries in ROOT are. Some packages keep those of their own in a folder beside the others,
# which their programs name by its place in a system.
library_folders() {
    local folder=$2/usr/lib/$1-linux-gnu
    { printf '%s\n' "$folder"; find "$folder" -mindepth 2 -maxdepth 2 -name '*.so.*' -printf '%h\n' | sort -u; } | paste -sd:
}
