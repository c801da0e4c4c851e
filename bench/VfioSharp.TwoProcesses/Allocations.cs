namespace VfioSharp.TwoProcesses;

/// <summary>Bytes of managed memory that were allocated over a number of messages: by the thread that sent them, and by all of the server's process.</summary>
internal sealed record Allocations(int Messages, long ClientBytes, long ServerBytes)
{
    /// <summary>Those of both together.</summary>
    public static Allocations operator +(Allocations one, Allocations other) =>
        new(one.Messages + other.Messages, one.ClientBytes + other.ClientBytes, one.ServerBytes + other.ServerBytes);

    /// <summary>Reads a register by message, often.</summary>
    /// <param name="server">The server's process.</param>
    /// <param name="scratch">The function in it.</param>
    /// <param name="messages">How often.</param>
    public static Allocations Count(SecondProcess server, Scratch scratch, int messages = 20_000)
    {
        // What the question itself allocates over there is in the first difference alone.
        var first = server.CountAllocatedBytes();
        var second = server.CountAllocatedBytes();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var sum = 0ul;
        for (var i = 0; i < messages; i++)
            sum += scratch.Registers.Read32(0);
        var here = GC.GetAllocatedBytesForCurrentThread() - before;
        var there = server.CountAllocatedBytes() - second - (second - first);
        return sum == (ulong)Scratch.Identity * (ulong)messages
            ? new Allocations(messages, here, there)
            : throw new MeasurementException("A read did not bring the function's identity.");
    }
}
