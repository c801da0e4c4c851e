using VfioSharp.Regions;

namespace VfioSharp.InGuest.Served;

/// <summary>
/// Accesses of every kind to a function that keeps what reaches it: the host compares that with the list here. Explicit: it needs a guest
/// to which that function is served, as "witness".
/// </summary>
public sealed class ExactServedAccesses
{
    /// <summary>What is done in this order: a write or a read, where, how wide, and the register's value.</summary>
    public static readonly (bool IsWrite, ulong Offset, int Width, ulong Value)[] Expected =
    [
        .. from place in (ulong[])[0x80, 0x1ff0, 0x3ff0]
           from access in ((bool, ulong, int, ulong)[])
           [
               (true, place, 8, 0x0123_4567_89ab_cdef),
               (false, place, 8, 0x0123_4567_89ab_cdef),
               (false, place, 4, 0x89ab_cdef),
               (false, place + 4, 4, 0x0123_4567),
               (false, place + 2, 2, 0x89ab),
               (false, place + 7, 1, 0x01),
               (true, place + 4, 4, 0xfeed_c0de),
               (true, place + 2, 2, 0x5aa5),
               (true, place + 1, 1, 0x77),
               (false, place, 8, 0xfeed_c0de_5aa5_77ef),
           ]
           select access,
    ];

    [Fact(Explicit = true)]
    public void Of_every_kind()
    {
        using var device = Guest.Open("witness");
        using var registers = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        Assert.Equal(Guest.FastestPath, registers.Plan.Path);
        foreach (var (isWrite, offset, width, value) in Expected)
        {
            if (isWrite)
                RegisterAccess.Write(registers, offset, value, width);
            else
                Assert.Equal(value, RegisterAccess.Read(registers, offset, width));
        }
    }
}
