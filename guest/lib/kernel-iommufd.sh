# shellcheck shell=bash
# The kernel with iommufd: no kernel of Debian's sets CONFIG_IOMMUFD, so it is built from Debian's source, with Debian's
# compiler, from guest/kernel/*.config. Compiler and source live in a temporary root and are gone when the kernel is there.

# What the build needs besides the compiler of the machine (KERNEL_COMPILER, machine-*.sh).
readonly BUILD_PACKAGES="base-files bash dash coreutils findutils grep sed mawk diffutils tar gzip bzip2 xz-utils perl-base
    make gcc libc6-dev flex bison bc libelf-dev kmod cpio"

config_fragments() { printf '%s\n' "$REPOSITORY/guest/kernel/iommufd.config" "$REPOSITORY/guest/kernel/iommufd.$1.config"; }

# Another configuration is another kernel.
iommufd_part() {
    local files
    mapfile -t files < <(config_fragments "$1")
    printf 'kernel-%s-iommufd-%s\n' "$1" "$(cat "${files[@]}" | sha256sum | cut -c 1-12)"
}

build_iommufd_kernel() {
    local machine=$1 folder=$2 source files missing root=$2/root log=$CACHE/build-kernel-$1-iommufd.log
    source=$(newest amd64 'linux-source-7\.[0-9]+')
    [[ -n $source ]] || die "$EXIT_UNAVAILABLE" "Debian's archive ($(suites amd64)) has no linux-source-7.*."
    choose_workshop
    mkdir "$root"
    if [[ $WORKSHOP == own ]]; then
        missing=$(missing_tools make flex bison bc perl gcc "${KERNEL_CROSS}gcc")
        [[ -e /usr/include/gelf.h ]] || missing+=" libelf-dev"
        need_own "the kernel with iommufd" "$missing"
        unpack_only amd64 "$root" "$source"
    else
        # shellcheck disable=SC2086 # a list of words
        unpack amd64 "$root" "$source" $BUILD_PACKAGES "$KERNEL_COMPILER"
        # What the packages' installation scripts would have made.
        ln -sf mawk "$root/usr/bin/awk"
        ln -sf gcc "$root/usr/bin/cc"
    fi
    mkdir "$root/build"
    "$(busybox)" xzcat "$root/usr/src/$source.tar.xz" | tar -x -C "$root/build" --strip-components=1
    rm "$root/usr/src/$source.tar.xz"
    mapfile -t files < <(config_fragments "$machine")
    cat "${files[@]}" >"$root/build/fragment.config"
    cp "$REPOSITORY/guest/kernel/build.sh" "$root/build/build.sh"
    note "building a kernel with iommufd from $source: some minutes, once (log: $log)"
    in_workshop "$root" "$root/build" build.sh "$KERNEL_ARCH" "$KERNEL_CROSS" "$(nproc)" >"$log" 2>&1 || {
        grep -E '(error|Error|cannot|lost)' "$log" | head -n 10 >&2 || true
        die "$EXIT_UNAVAILABLE" "the kernel with iommufd does not build here: see $log."
    }
    mv "$root/build/$KERNEL_IMAGE" "$folder/vmlinuz"
    printf '%s\n' "${source#linux-source-}" >"$folder/release"
    rm -rf "$root"
}
