#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh FOLDER JOBS : makes FOLDER/qemu-system-s390x from the files of Debian's source package in FOLDER/download, with the change in
# FOLDER/recipe, a copy of guest/qemu-mio. Runs where the compiler is: in the root that guest/lib/qemu-source.sh makes, or on the machine itself.
# Exit codes: 0; 3: the change does not apply to this version; anything else: it does not build.
set -eu
cd "$1"
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C HOME="$1"

rm -f qemu-system-s390x
# shellcheck source=/dev/null
. ./unpack-qemu.sh

cp -R ../recipe/source/. .
apply ../recipe/hooks.patch || exit 3
if [ ! -d hw/vfio-user ]; then
    sed '/VFIO_USER/d' ../recipe/devices.mak
else
    cat ../recipe/devices.mak
fi >configs/devices/s390x-softmmu/guest.mak
grep -rqx 'config SPDM_SOCKET' backends/Kconfig || sed -i '/SPDM_SOCKET/d' configs/devices/s390x-softmmu/guest.mak

mkdir build
cd build
../configure --target-list=s390x-softmmu --with-devices-s390x=guest --without-default-devices --without-default-features \
    --enable-system --enable-tcg --enable-trace-backends=log --disable-debug-info --disable-install-blobs --disable-docs --disable-tools \
    --disable-user --disable-kvm --disable-download --disable-werror
ninja -j "$2" qemu-system-s390x
strip -o ../../qemu-system-s390x qemu-system-s390x
