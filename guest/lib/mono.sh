# shellcheck shell=bash
# Debian's Mono, which runs the netstandard2.1 build: the one .NET that Debian has for s390x. It is unpacked, not installed,
# into a folder that is a guest's root and qemu-user's sysroot alike.

# prepare_mono MACHINE : mono, the class library and the libraries that both need, libc among them.
prepare_mono() { part "mono-$1" unpack_mono "$1"; }

# mono_root MACHINE : the folder: usr/bin/mono, usr/lib, etc/mono.
mono_root() { printf '%s\n' "$CACHE/parts/mono-$1/root"; }

unpack_mono() {
    local machine=$1 folder=$2 triplet=$1-linux-gnu
    local unpacked=$folder/unpacked root=$folder/root
    mkdir -p "$unpacked" "$root"/{etc/mono/4.5,usr/bin,usr/lib/mono/4.5,"usr/lib/$triplet"}
    # mono-devel for netstandard.dll and the other facades. libmono-native is linked to Kerberos.
    unpack_only "$(debian_architecture "$machine")" "$unpacked" mono-runtime-sgen mono-runtime-common libmono-corlib4.5-dll \
        libmono-system{,-configuration,-core,-numerics,-security,-xml}4.0-cil libmono-security4.0-cil mono-devel \
        libc6 zlib1g libgcc-s1 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libssl3t64
    cp "$unpacked/usr/bin/mono-sgen" "$root/usr/bin/mono"
    cp -a "$unpacked"/usr/lib/{libmono-native.so*,libMonoPosixHelper.so} "$root/usr/lib/"
    cp -a "$unpacked"/usr/lib/mono/4.5/{*.dll,Facades} "$root/usr/lib/mono/4.5/"
    # The class library's files are links into the cache of assemblies, where Mono looks first.
    cp -a "$unpacked/usr/lib/mono/gac" "$root/usr/lib/mono/"
    cp "$unpacked/etc/mono/config" "$root/etc/mono/"
    cp "$unpacked/etc/mono/4.5/machine.config" "$root/etc/mono/4.5/"
    find "$unpacked/usr/lib/$triplet" -maxdepth 1 -name '*.so*' -not -name 'libssl.so*' -exec cp -a {} "$root/usr/lib/$triplet/" \;
    # The dynamic loader, under the path that its machine's programs have in them.
    (cd "$unpacked" && find usr -maxdepth 2 -name 'ld*.so.*' -exec cp -a --parents {} "$root/" \;)
    mkdir -p "$root/usr/lib64"
    ln -s usr/lib "$root/lib"
    ln -s usr/lib64 "$root/lib64"
    rm -rf "$unpacked"
}

# prepare_qemu_user MACHINE : QEMU's user mode emulation, linked statically, which runs single programs of that machine.
prepare_qemu_user() { part "qemu-user-$1" unpack_qemu_user "$1"; }

# qemu_user MACHINE : the program.
qemu_user() { printf '%s\n' "$CACHE/parts/qemu-user-$1/qemu-$1"; }

unpack_qemu_user() {
    local machine=$1 folder=$2
    unpack_only amd64 "$folder/unpacked" qemu-user
    cp "$folder/unpacked/usr/bin/qemu-$machine" "$folder/"
    rm -rf "$folder/unpacked"
}
