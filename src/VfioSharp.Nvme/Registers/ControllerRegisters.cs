using VfioSharp.Nvme.Specification;
using VfioSharp.Regions;

namespace VfioSharp.Nvme.Registers;

/// <summary>
/// The registers of a controller below its doorbells (NVMe Base 2.0, 3.1.3). A register that reads all ones is one that nobody answers for, and
/// ends as <see cref="NvmeFailure.Disconnected"/>. Thread-safe as its window is; who may change what is up to the caller.
/// </summary>
internal sealed class ControllerRegisters : IDisposable
{
    private readonly RegionWindow _window;
    private readonly string _device;

    private ControllerRegisters(RegionWindow window, string device)
    {
        _window = window;
        _device = device;
    }

    /// <summary>Opens the registers.</summary>
    /// <param name="device">The device.</param>
    /// <returns>The registers, which the caller owns.</returns>
    /// <exception cref="NvmeException">The function's BAR 0 is too short for a controller.</exception>
    /// <exception cref="VfioException">BAR 0 cannot be reached.</exception>
    public static ControllerRegisters Open(VfioDevice device)
    {
        var bar = device.Regions[RegionIndex.Bar0];
        if (bar.SizeInBytes < NvmeRegister.FirstDoorbell + (2 * sizeof(uint)))
        {
            throw new NvmeException(
                NvmeFailure.Unsupported,
                $"{device.Address} is no NVMe controller that this driver can use: its BAR 0 has {bar.SizeInBytes} bytes, and the registers take more than {NvmeRegister.FirstDoorbell}.");
        }

        return new ControllerRegisters(bar.Open(new WindowOptions { LengthInBytes = NvmeRegister.FirstDoorbell }), device.Address.ToString());
    }

    /// <summary>Reads CAP.</summary>
    /// <exception cref="NvmeException">Nobody answers.</exception>
    public ControllerCapabilities ReadCapabilities()
    {
        var value = Read64(NvmeRegister.Cap);
        return value != ulong.MaxValue ? new ControllerCapabilities(value) : throw Absent();
    }

    /// <summary>Reads VS.</summary>
    /// <exception cref="NvmeException">Nobody answers.</exception>
    public NvmeVersion ReadVersion() => new(Read32(NvmeRegister.Vs));

    /// <summary>Reads CC.</summary>
    /// <exception cref="NvmeException">Nobody answers.</exception>
    public ControllerConfiguration ReadConfiguration() => new(Read32(NvmeRegister.Cc));

    /// <summary>Writes CC.</summary>
    public void WriteConfiguration(ControllerConfiguration value) => _window.Write32(NvmeRegister.Cc, value.Value);

    /// <summary>Reads CSTS, whatever it says.</summary>
    public ControllerStatus PeekStatus() => new(_window.Read32(NvmeRegister.Csts));

    /// <summary>Reads CSTS.</summary>
    /// <exception cref="NvmeException">Nobody answers.</exception>
    public ControllerStatus ReadStatus() => new(Read32(NvmeRegister.Csts));

    /// <summary>Reads CRTO.CRWMT: how long the controller may take until it and its media are ready (3.1.3.17).</summary>
    /// <exception cref="NvmeException">Nobody answers.</exception>
    public TimeSpan ReadReadyTimeout() => TimeSpan.FromMilliseconds(500 * (int)(Read32(NvmeRegister.Crto) & 0xffff));

    /// <summary>Writes AQA, ASQ and ACQ (3.1.3.8 to 3.1.3.10), while the controller is disabled.</summary>
    /// <param name="submissionEntries">The entries of the admin submission queue: 2 to 4096.</param>
    /// <param name="completionEntries">The entries of the admin completion queue: 2 to 4096.</param>
    /// <param name="submissionIova">Where the submission queue lies: at the start of a memory page.</param>
    /// <param name="completionIova">Where the completion queue lies: at the start of a memory page.</param>
    public void WriteAdminQueues(int submissionEntries, int completionEntries, ulong submissionIova, ulong completionIova)
    {
        _window.Write32(NvmeRegister.Aqa, (uint)(submissionEntries - 1) | (uint)(completionEntries - 1) << 16);
        Write64(NvmeRegister.Asq, submissionIova);
        Write64(NvmeRegister.Acq, completionIova);
    }

    /// <summary>What is thrown where nobody answers.</summary>
    public NvmeException Absent() => new(
        NvmeFailure.Disconnected, $"{_device} does not answer: its registers read all ones. It is gone, or in an error state that only the host can end.");

    /// <summary>Closes the window.</summary>
    public void Dispose() => _window.Dispose();

    private uint Read32(ulong offset)
    {
        var value = _window.Read32(offset);
        // A single register other than CSTS may rightly read as all ones, which CSTS never does.
        return value != uint.MaxValue || (offset != NvmeRegister.Csts && !PeekStatus().IsAbsent) ? value : throw Absent();
    }

    // In two halves, the lower one first: every controller allows that (3.1.3), and not every bus or bridge carries 64 bit at once.
    private ulong Read64(ulong offset) => Read32(offset) | (ulong)Read32(offset + 4) << 32;

    private void Write64(ulong offset, ulong value)
    {
        _window.Write32(offset, (uint)value);
        _window.Write32(offset + 4, (uint)(value >> 32));
    }
}
