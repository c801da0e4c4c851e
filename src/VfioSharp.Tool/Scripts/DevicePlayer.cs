using VfioSharp.Regions;

namespace VfioSharp.Tool.Scripts;

/// <summary>
/// Plays steps on a device through the library, whatever is behind it: a function of this machine, or a modelled one. Windows are opened when
/// a step first needs one and closed with the player; they tell of a fault instead of answering all ones, unless they were opened otherwise.
/// </summary>
internal sealed class DevicePlayer : IDisposable
{
    private readonly VfioDevice _device;
    private readonly SortedList<int, RegionWindow> _windows = [];

    /// <param name="device">The device, owned by the player.</param>
    public DevicePlayer(VfioDevice device) => _device = device;

    public void Dispose()
    {
        foreach (var window in _windows.Values)
            window.Dispose();
        _windows.Clear();
        _device.Dispose();
    }

    /// <summary>Opens a window in place of the one that the region has.</summary>
    public StepResult OpenWindow(int region, WindowOptions options) => Try(() =>
    {
        if (_windows.Remove(region, out var former))
            former.Dispose();
        // A region without a way in has a plan that says so, and no window.
        return Find(region).Plan(options) is { Path: AccessPath.Unreachable }
            ? StepResult.OfNoWindow()
            : StepResult.OfWindow(Open(region, options).Plan.Path.ToString());
    });

    /// <summary>Reads a register.</summary>
    public StepResult Read(int region, ulong offset, int widthInBits) => Try(() =>
    {
        var window = WindowOf(region);
        return StepResult.OfRegister(
            widthInBits switch
            {
                8 => window.Read8(offset),
                16 => window.Read16(offset),
                32 => window.Read32(offset),
                _ => window.Read64(offset),
            },
            widthInBits);
    });

    /// <summary>Writes a register.</summary>
    public StepResult Write(int region, ulong offset, int widthInBits, ulong value) => Try(() =>
    {
        var window = WindowOf(region);
        switch (widthInBits)
        {
            case 8:
                window.Write8(offset, (byte)value);
                break;
            case 16:
                window.Write16(offset, (ushort)value);
                break;
            case 32:
                window.Write32(offset, (uint)value);
                break;
            default:
                window.Write64(offset, value);
                break;
        }

        return StepResult.OfSuccess();
    });

    /// <summary>Stores a block by one access.</summary>
    public StepResult StoreBlock(int region, ulong offset, byte[] bytes) => Try(() =>
    {
        WindowOf(region).WriteBlock(offset, bytes);
        return StepResult.OfSuccess();
    });

    /// <summary>Reads registers that follow one another.</summary>
    public StepResult ReadRegisters(int region, ulong offset, int widthInBits, int count) => Try(() =>
    {
        var bytes = new byte[count * widthInBits / 8];
        WindowOf(region).ReadBlock(offset, bytes, widthInBits / 8);
        return StepResult.OfData(bytes);
    });

    /// <summary>Lets writes go out that the machine holds back.</summary>
    public StepResult FlushWrites(int region) => Try(() =>
    {
        WindowOf(region).FlushWrites();
        return StepResult.OfSuccess();
    });

    /// <summary>Tells how many accesses failed.</summary>
    public StepResult CountFaults(int region) => Try(() => StepResult.OfCount(WindowOf(region).FaultCount));

    /// <summary>Reads configuration space.</summary>
    public StepResult ReadConfig(int offset, int widthInBits) => Try(() => StepResult.OfRegister(
        widthInBits switch
        {
            8 => _device.Config.Read8(offset),
            16 => _device.Config.Read16(offset),
            _ => _device.Config.Read32(offset),
        },
        widthInBits));

    /// <summary>Writes configuration space.</summary>
    public StepResult WriteConfig(int offset, int widthInBits, uint value) => Try(() =>
    {
        switch (widthInBits)
        {
            case 8:
                _device.Config.Write8(offset, (byte)value);
                break;
            case 16:
                _device.Config.Write16(offset, (ushort)value);
                break;
            default:
                _device.Config.Write32(offset, value);
                break;
        }

        return StepResult.OfSuccess();
    });

    /// <summary>Makes the function answer accesses to its BARs, or not, and tells what the command register is then.</summary>
    public StepResult Decode(bool isOn) => Try(() =>
    {
        if (isOn)
            _device.Config.EnableMemory();
        else
            _device.Config.DisableMemory();
        return StepResult.OfRegister((ushort)_device.Config.Command, 16);
    });

    /// <summary>Resets the function.</summary>
    public StepResult Reset() => Try(() =>
    {
        _device.Reset();
        return StepResult.OfCall(0, Errno.None);
    });

    private StepResult Try(Func<StepResult> step)
    {
        try
        {
            return step();
        }
        catch (VfioException refusal)
        {
            return StepResult.OfRefusal(refusal);
        }
        catch (Exception refusal) when (refusal is ArgumentException or NotSupportedException)
        {
            // Beyond the window's end, not aligned, a region that cannot be written: the library refuses before it touches anything.
            return StepResult.Refused(FirstSentence(WithoutDevice(refusal.Message)));
        }
    }

    // Outputs of two devices are compared.
    private string WithoutDevice(string message)
    {
        var device = $"{_device.Address}: ";
        return message.StartsWith(device, StringComparison.Ordinal) ? message[device.Length..] : message;
    }

    // What runtimes add to an argument's message differs.
    private static string FirstSentence(string message)
    {
        var end = message.IndexOfAny(['\r', '\n', '(']);
        return (end < 0 ? message : message[..end]).TrimEnd();
    }

    private RegionWindow WindowOf(int region) => _windows.TryGetValue(region, out var window) ? window : Open(region, new WindowOptions { OnFault = OnFault.Throw });

    private RegionWindow Open(int index, WindowOptions options)
    {
        var window = Find(index).Open(options);
        _windows.Add(index, window);
        return window;
    }

    private Region Find(int index) => index < _device.Regions.Count
        ? _device.Regions[index]
        : throw new VfioException($"reach region {index}", _device.Address.ToString(), Errno.EINVAL);
}
