using System.Runtime.InteropServices;

namespace VfioSharp.Emulation.Tests.VfioUser;

/// <summary>Makes the bytes of messages, number by number, so that a test shows what goes over the wire.</summary>
internal static class Wire
{
    /// <summary>Numbers of 1, 2, 4 and 8 bytes in the host's byte order, and arrays of bytes as they are.</summary>
    public static byte[] Pack(params object[] values)
    {
        var bytes = new List<byte>();
        foreach (var value in values)
        {
            bytes.AddRange(value switch
            {
                byte number => [number],
                ushort number => BitConverter.GetBytes(number),
                uint number => BitConverter.GetBytes(number),
                int number => BitConverter.GetBytes(number),
                ulong number => BitConverter.GetBytes(number),
                byte[] array => array,
                _ => throw new ArgumentException($"{value.GetType()} is nothing that a message carries.", nameof(values)),
            });
        }

        return [.. bytes];
    }

    public static uint U32(this byte[] bytes, int offset) => MemoryMarshal.Read<uint>(bytes.AsSpan(offset));

    public static ulong U64(this byte[] bytes, int offset) => MemoryMarshal.Read<ulong>(bytes.AsSpan(offset));
}
