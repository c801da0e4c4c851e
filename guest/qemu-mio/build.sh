#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh FOLDER JOBS : makes FOLDER/qemu-system-s390x from the files of Debian's source package in FOLDER/download, with the change in
# FOLDER/change, a copy of guest/qemu-mio. Runs where the compiler is: in the root that guest/lib/qemu-mio.sh makes, or on the machine itself.
# Exit codes: 0; 3: the change does not apply to this version; anything else: it does not build.
set -eu
cd "$1"
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C HOME="$1"

rm -rf source qemu-system-s390x
mkdir source
# Firmware is built by compilers of other machines; the one file that is needed comes from Debian's package.
tar -xf download/*.orig.tar.xz -C source --strip-components=1 --no-same-owner --exclude='*/roms/*'
tar -xf download/*.debian.tar.xz -C source --no-same-owner
cd source

apply() { patch -p1 --batch --forward --no-backup-if-mismatch <"$1"; }

# Debian's own changes, but for those of firmware.
sed -e 's/[ \t]*#.*//' -e '/^$/d' debian/patches/series | while read -r name options; do
    ! grep -q '^+++ [^/]*/roms/' "debian/patches/$name" || continue
    [ -z "$options" ] || [ "$options" = -p1 ] || { echo "$name of Debian's wants $options" >&2; exit 1; }
    apply "debian/patches/$name"
done

cp -R ../change/source/. .
apply ../change/hooks.patch || exit 3
if [ ! -d hw/vfio-user ]; then
    sed '/VFIO_USER/d' ../change/devices.mak
else
    cat ../change/devices.mak
fi >configs/devices/s390x-softmmu/guest.mak
grep -rqx 'config SPDM_SOCKET' backends/Kconfig || sed -i '/SPDM_SOCKET/d' configs/devices/s390x-softmmu/guest.mak

mkdir build
cd build
../configure --target-list=s390x-softmmu --with-devices-s390x=guest --without-default-devices --without-default-features \
    --enable-system --enable-tcg --enable-trace-backends=log --disable-debug-info --disable-install-blobs --disable-docs --disable-tools \
    --disable-user --disable-kvm --disable-download --disable-werror
ninja -j "$2" qemu-system-s390x
strip -o ../../qemu-system-s390x qemu-system-s390x
