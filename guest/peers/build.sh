#!/bin/sh
# build.sh FOLDER JOBS : makes libvfio-user's samples and FOLDER/qemu-system-x86_64, which serves its devices over vfio-user, from the files of
# Debian's source package of qemu in FOLDER/download. Runs where the compiler is: in the root that guest/lib/qemu-source.sh makes, or on the
# machine itself. FOLDER/recipe is a copy of guest/peers.
# Exit codes: 0; anything else: it does not build.
set -eu
cd "$1"
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C HOME="$1"
samples='server gpio-pci-idio-16 client lspci'

# shellcheck source=/dev/null
. ./unpack-qemu.sh

cp ../recipe/devices.mak configs/devices/x86_64-softmmu/peers.mak
grep -rqx 'config SPDM_SOCKET' backends/Kconfig || sed -i '/SPDM_SOCKET/d' configs/devices/x86_64-softmmu/peers.mak

mkdir build
cd build
# Kconfig wants KVM for the machine x-remote, though nothing of it runs; timers of devices need an accelerator that lets time pass, TCG.
../configure --target-list=x86_64-softmmu --with-devices-x86_64=peers --without-default-devices --without-default-features \
    --enable-system --enable-tcg --enable-kvm --enable-multiprocess --enable-vfio-user-server -Dlibvfio-user:default_library=static \
    --enable-trace-backends=log --disable-debug-info --disable-install-blobs --disable-docs --disable-tools --disable-user \
    --disable-download --disable-werror
# The samples are part of the library's project, of which QEMU's is the frame here.
folder=subprojects/libvfio-user/samples
# shellcheck disable=SC2046,SC2086 # a list of words
ninja -j "$2" $(printf "$folder/%s " $samples)
for sample in $samples; do
    strip -o "../../$sample" "$folder/$sample"
done
ninja -j "$2" qemu-system-x86_64
strip -o ../../qemu-system-x86_64 qemu-system-x86_64
sed -n 's/^revision *= *//p' ../subprojects/libvfio-user.wrap >../../revision
