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

# modules_for MACHINE KERNEL NAME... : the files that insmod has to load for these modules, dependencies first, each once.
# A name that has no file is built in, or this kernel does not have it; the guest finds out which when it binds.
modules_for() {
    local folder
    folder=$CACHE/parts/$(kernel_part "$1" "$2")
    shift 2
    [[ -d $folder/lib/modules ]] || return 0
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
    ' "$folder/lib/modules/$(<"$folder/release")/modules.dep"
}
