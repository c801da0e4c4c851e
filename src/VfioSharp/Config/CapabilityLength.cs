namespace VfioSharp.Config;

/// <summary>How long capabilities are, where that is fixed or they say it themselves (PCI Express Base chapter 7).</summary>
internal static class CapabilityLength
{
    private const int MsiAddress64 = 4;
    private const int MsiPerVectorMasking = 10;

    /// <summary>The length of a capability of which the first four bytes lie in the space, or null.</summary>
    public static int? Of(ConfigSpace config, CapabilityId id, int offset)
    {
        switch (id)
        {
            case CapabilityId.PowerManagement:
                return PowerManagementCapability.LengthInBytes;
            case CapabilityId.VitalProductData:
            case CapabilityId.BridgeSubsystem:
                return 8;
            case CapabilityId.Msix:
                return MsixCapability.LengthInBytes;
            case CapabilityId.AdvancedFeatures:
                return 6;
            case CapabilityId.VendorSpecific:
                // The header and the length itself take three bytes; less is no length.
                var length = config.Read8(offset + 2);
                return length >= 3 ? length : null;
            case CapabilityId.Msi:
                var control = config.Read16(offset + 2);
                return MsiCapability.ShortestLengthInBytes
                    + ((control & MsiCapability.Address64Bit) != 0 ? MsiAddress64 : 0)
                    + ((control & MsiCapability.PerVectorMaskingBit) != 0 ? MsiPerVectorMasking : 0);
            default:
                return null;
        }
    }

    /// <summary>The length of an extended capability, or null. Reads nothing at or behind the end of the space.</summary>
    public static int? Of(ConfigSpace config, ExtendedCapabilityId id, int offset, int end)
    {
        switch (id)
        {
            case ExtendedCapabilityId.AlternativeRoutingId:
            case ExtendedCapabilityId.AddressTranslationServices:
            case ExtendedCapabilityId.LatencyToleranceReporting:
            case ExtendedCapabilityId.ProcessAddressSpaceId:
                return 8;
            case ExtendedCapabilityId.DeviceSerialNumber:
            case ExtendedCapabilityId.PrecisionTimeMeasurement:
                return 12;
            case ExtendedCapabilityId.PowerBudgeting:
            case ExtendedCapabilityId.PageRequest:
                return 16;
            case ExtendedCapabilityId.SingleRootIov:
                return 64;
            case ExtendedCapabilityId.VendorSpecific:
            case ExtendedCapabilityId.DesignatedVendorSpecific:
                // Bits 31:20 of the second word, the headers included (PCI Express Base 7.9.5.2 and 7.9.6.2).
                if (offset + 8 > end)
                    return null;
                var length = (int)(config.Read32(offset + 4) >> 20);
                return length >= 8 ? length : null;
            default:
                return null;
        }
    }
}
