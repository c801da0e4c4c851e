using System.Runtime.InteropServices;

namespace VfioSharp.Native;

/// <summary>Keeps a descriptor open while its number is used.</summary>
internal readonly ref struct HeldFile
{
    private readonly SafeHandle _file;

    /// <summary>Holds a descriptor until disposal.</summary>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    public HeldFile(SafeHandle file)
    {
        var held = false;
        file.DangerousAddRef(ref held);
        _file = file;
        Number = (int)file.DangerousGetHandle();
    }

    /// <summary>The number.</summary>
    public int Number { get; }

    /// <summary>Lets go.</summary>
    public void Dispose() => _file.DangerousRelease();
}
