# shellcheck shell=bash
# The kernels: Debian's own, taken apart, and one built from Debian's source with iommufd.
# A kernel is a folder $CACHE/parts/kernel-MACHINE-NAME with `vmlinuz`, `release` and, if it has modules, `lib/modules/RELEASE`.

readonly KERNELS="6.12 7 iommufd"

kernel_part() {
    case $2 in
        iommufd) iommufd_part "$1" ;;
        *) printf 'kernel-%s-%s\n' "$1" "$2" ;;
    esac
}

# prepare_kernel MACHINE NAME
prepare_kernel() {
    local machine=$1 name=$2
    case $name in
        iommufd) part "$(iommufd_part "$machine")" build_iommufd_kernel "$machine" ;;
        *) part "$(kernel_part "$machine" "$name")" unpack_kernel "$(debian_architecture "$machine")" "$name" ;;
    esac
}

# unpack_kernel ARCHITECTURE SERIES FOLDER : the newest kernel of a series. Newer packages split the image from the modules
# (linux-image depends on linux-binary and linux-modules), older ones do not: those three are followed, their scripts are not.
unpack_kernel() {
    local architecture=$1 series=$2 folder=$3 image packages
    image=$(newest "$architecture" "linux-image-${series//./\\.}\\.[0-9.]+\\+deb[0-9]+-$architecture")
    [[ -n $image ]] || die "$EXIT_UNAVAILABLE" "Debian's archive ($(suites "$architecture")) has no linux-image-$series.* for $architecture."
    mapfile -t packages < <(apt "$architecture" apt-cache depends --important "$image" | awk '$1 == "Depends:" && $2 ~ /^linux-(binary|modules)-/ { print $2 }')
    unpack_only "$architecture" "$folder" "$image" "${packages[@]}"
    local vmlinuz modules
    # Newer packages keep the image beside its modules.
    vmlinuz=$(compgen -G "$folder/boot/vmlinuz-*" || compgen -G "$folder/usr/lib/modules/*/vmlinuz") ||
        die "$EXIT_UNAVAILABLE" "$image of Debian's archive holds no vmlinuz where it is expected."
    mv "$vmlinuz" "$folder/vmlinuz"
    modules=$(compgen -G "$folder/usr/lib/modules/*")
    printf '%s\n' "${modules##*/}" >"$folder/release"
    mkdir "$folder/lib"
    mv "$folder/usr/lib/modules" "$folder/lib/modules"
    rm -rf "${folder:?}/boot" "${folder:?}/usr"
    "$(busybox)" depmod -b "$folder" "$(<"$folder/release")"
}

# modules_folder MACHINE KERNEL : where modules.dep is; a kernel without modules has no such folder.
modules_folder() {
    local folder
    folder=$CACHE/parts/$(kernel_part "$1" "$2")
    printf '%s\n' "$folder/lib/modules/$(<"$folder/release")"
}

# module_content MACHINE KERNEL FILE : a module as insmod takes it, on standard output; FILE is as in modules.dep.
module_content() {
    local file
    file=$(modules_folder "$1" "$2")/$3
    case $file in
        *.xz) "$(busybox)" xzcat "$file" ;;
        *) cat "$file" ;;
    esac
}

# modules_for MACHINE KERNEL NAME... : the files that insmod has to load for these modules, dependencies first, each once.
# A name that has no file is built in, or this kernel does not have it; the guest finds out which when it binds.
modules_for() {
    local machine=$1 kernel=$2 file early=()
    shift 2
    [[ -d $(modules_folder "$machine" "$kernel") ]] || return 0
    # What a module only asks for by the name of a service, such as ext4 for a checksum, is no dependency of its file.
    while read -r file; do
        mapfile -t -O "${#early[@]}" early < <(wanted_before "$machine" "$kernel" "$file")
    done < <(with_dependencies "$machine" "$kernel" "$@")
    with_dependencies "$machine" "$kernel" "${early[@]}" "$@"
}

# wanted_before MACHINE KERNEL FILE : the modules that do what FILE wants to be there before it ("softdep=pre:" in its description).
wanted_before() {
    local names
    names=$(module_content "$@" | grep -aoE 'softdep=pre:[ a-zA-Z0-9_-]+' | sed 's/^softdep=pre://') || return 0
    awk -v wanted=" $names " '$1 == "alias" && index(wanted, " " $2 " ") { print $3 }' "$(modules_folder "$1" "$2")/modules.alias"
}

with_dependencies() {
    local folder
    folder=$(modules_folder "$1" "$2")
    shift 2
    awk -v wanted="$*" '
        function name(path) { sub(/.*\//, "", path); sub(/\.ko.*/, "", path); gsub(/-/, "_", path); return path }
        function load(path,   i, n, parts) {
            if (path in done) return
            done[path] = 1
            n = split(needs[path], parts, " ")
            for (i = 1; i <= n; i++) load(parts[i])
            print path
        }
        { path = $1; sub(/:$/, "", path); $1 = ""; needs[path] = $0; file[name(path)] = path }
        END { n = split(wanted, names, " "); for (i = 1; i <= n; i++) if (name(names[i]) in file) load(file[name(names[i])]) }
    ' "$folder/modules.dep"
}
