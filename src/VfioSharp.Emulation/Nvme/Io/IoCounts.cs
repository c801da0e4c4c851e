namespace VfioSharp.Emulation.Nvme.Io;

/// <summary>What I/O commands have moved, as SMART counts it (NVM Command Set 1.0, 4.1.4.2). One thread counts.</summary>
internal sealed class IoCounts
{
    /// <summary>Read and Compare commands that succeeded.</summary>
    public ulong ReadCommands { get; private set; }

    /// <summary>Write commands that succeeded.</summary>
    public ulong WriteCommands { get; private set; }

    /// <summary>How much was read, verified too.</summary>
    public ulong BytesRead { get; private set; }

    /// <summary>How much was written.</summary>
    public ulong BytesWritten { get; private set; }

    /// <summary>How often an image failed.</summary>
    public ulong MediaErrors { get; private set; }

    /// <summary>Counts a Read or a Compare.</summary>
    public void CountRead(int lengthInBytes)
    {
        ReadCommands++;
        BytesRead += (uint)lengthInBytes;
    }

    /// <summary>Counts a Verify.</summary>
    public void CountVerified(int lengthInBytes) => BytesRead += (uint)lengthInBytes;

    /// <summary>Counts a Write.</summary>
    public void CountWrite(int lengthInBytes)
    {
        WriteCommands++;
        BytesWritten += (uint)lengthInBytes;
    }

    /// <summary>Counts a failure of an image.</summary>
    public void CountMediaError() => MediaErrors++;
}
