using VfioSharp.Regions;

namespace VfioSharp.TwoProcesses;

/// <summary>The function scratch as a program sees it: its registers and RAM, which are reached by message, and its shared memory.</summary>
internal sealed class Scratch : IDisposable
{
    public const uint Identity = 0x5452_4353;
    private const ulong SharedStart = 0x1000;
    private const ulong SharedLengthInBytes = 0x2000;
    private const ulong RamStart = 0x3000;

    /// <summary>Opens it.</summary>
    /// <exception cref="VfioException">It cannot be opened.</exception>
    /// <exception cref="MeasurementException">A window takes another path than the one that is to be measured.</exception>
    public Scratch(string socketPath, VfioOptions? options = null)
    {
        Device = VfioDevice.Open($"vfio-user:{socketPath}", options);
        try
        {
            Registers = Open(0, SharedStart, AccessPath.Message);
            Shared = Open(SharedStart, SharedLengthInBytes, AccessPath.LoadStore);
            Ram = Open(RamStart, 0x1000, AccessPath.Message);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public VfioDevice Device { get; }

    public RegionWindow Registers { get; } = null!;

    public RegionWindow Shared { get; } = null!;

    public RegionWindow Ram { get; } = null!;

    public void Dispose()
    {
        Registers?.Dispose();
        Shared?.Dispose();
        Ram?.Dispose();
        Device.Dispose();
    }

    private RegionWindow Open(ulong offset, ulong lengthInBytes, AccessPath path)
    {
        var window = Device.Regions[RegionIndex.Bar0].Open(new WindowOptions { Offset = offset, LengthInBytes = lengthInBytes, OnFault = OnFault.Throw });
        if (window.Plan.Path == path)
            return window;
        window.Dispose();
        throw new MeasurementException($"The window at 0x{offset:x} goes by {window.Plan.Path}, not by {path}: {window.Plan.Reason}");
    }
}
