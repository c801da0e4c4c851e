namespace VfioSharp.Tool;

/// <summary>What the command tells its caller.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The device or the kernel said no.</summary>
    public const int Refused = 1;

    /// <summary>The command line is wrong.</summary>
    public const int WrongCommandLine = 2;

    /// <summary>Interrupted by Ctrl-C: 128 and the number of the signal, as a shell reports it.</summary>
    public const int Interrupted = 130;

    /// <summary>Asked to end by SIGTERM.</summary>
    public const int Terminated = 143;
}
