namespace VfioSharp.Fuzz;

/// <summary>Registers of the stock function scratch, in BAR 0.</summary>
internal static class ScratchRegisters
{
    public const ulong Trigger = 0x10;
    public const ulong DmaSource = 0x40;
    public const ulong DmaDestination = 0x48;
    public const ulong DmaLength = 0x50;
    public const ulong DmaCommand = 0x54;
    public const ulong OwnMemory = 0x1000;
    public const int OwnMemoryLengthInBytes = 0x3000;

    /// <summary>Moves memory to the function's own.</summary>
    public const uint ToFunction = 1;
    /// <summary>Moves the function's own memory to memory.</summary>
    public const uint FromFunction = 2;
    public const uint InMemory = 3;
    /// <summary>Beside a move: an interrupt at its end, by the vector in bits 31:16.</summary>
    public const uint InterruptAtEnd = 0x100;
}
