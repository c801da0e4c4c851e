namespace VfioSharp.Zpci.Machine;

/// <summary>
/// Where the machine of the recordings has the MIO addresses: 64 GiB for each function, of which 8 GiB for each BAR. A real machine's addresses
/// are not known; nothing in Linux depends on them.
/// </summary>
internal static class MioWindow
{
    public const ulong BarLengthInBytes = 1ul << 33;
    /// <summary>The bit of an address that lets the machine combine stores (CLP SLPC); it names the same byte.</summary>
    public const ulong WriteBackBit = 1ul << 45;

    public const ulong Start = 0xffff_c000_0000_0000;

    private const int FunctionShift = 36;
    private const int BarShift = 33;

    public static ulong AddressOf(int functionIndex, int bar) => Start | (ulong)functionIndex << FunctionShift | (ulong)bar << BarShift;

    /// <summary>Finds what a physical address names.</summary>
    /// <returns>The function and the BAR with the offset in it, or null where it is no MIO address of any function that is there.</returns>
    public static (ZpciFunction Function, int Bar, ulong Offset)? Find(ZpciHost host, ulong physicalAddress)
    {
        physicalAddress &= ~WriteBackBit;
        if (physicalAddress < Start)
            return null;
        foreach (var function in host.Functions)
        {
            foreach (var bar in function.Bars)
            {
                if (bar.MioAddress != 0 && physicalAddress >= bar.MioAddress && physicalAddress - bar.MioAddress < bar.LengthInBytes)
                    return (function, bar.Index, physicalAddress - bar.MioAddress);
            }
        }

        return null;
    }
}
