# SPDX-License-Identifier: GPL-2.0-or-later
# What guests are given: the machine, the devices that tests drive, and vfio-user-pci where this QEMU has it (configure passes over what it
# does not know). NVMe asks for the socket of SPDM whether that is used or not.
CONFIG_S390_CCW_VIRTIO=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_BALLOON=y
CONFIG_VIRTIO_BLK=y
CONFIG_VIRTIO_NET=y
CONFIG_VIRTIO_RNG=y
CONFIG_VIRTIO_SCSI=y
CONFIG_VIRTIO_SERIAL=y
CONFIG_NVME_PCI=y
CONFIG_SPDM_SOCKET=y
CONFIG_E1000E_PCI_EXPRESS=y
CONFIG_IGB_PCI_EXPRESS=y
CONFIG_USB_XHCI_PCI=y
CONFIG_VFIO=y
CONFIG_VFIO_PCI=y
CONFIG_VFIO_USER=y
