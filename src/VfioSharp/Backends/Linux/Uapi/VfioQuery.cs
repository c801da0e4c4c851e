using System.Runtime.InteropServices;
using VfioSharp.Native;

namespace VfioSharp.Backends.Linux.Uapi;

/// <summary>
/// Asks a VFIO file a question whose answer has a fixed part and, behind it, a part whose length the kernel tells by raising argsz.
/// </summary>
internal static unsafe class VfioQuery
{
    // No answer of today's kernels comes near; a kernel that asks for more is not believed.
    private const int LargestAnswer = 1 << 20;

    /// <summary>Asks with the fixed part first, and again with as much room as the kernel asked for.</summary>
    /// <typeparam name="T">The structure of the fixed part, whose first field is argsz.</typeparam>
    /// <param name="file">The device, group or container.</param>
    /// <param name="request">The request number.</param>
    /// <param name="question">The structure with its input fields filled in.</param>
    /// <param name="answer">The whole answer; the structure is at its start.</param>
    /// <returns>The error, or <see cref="Errno.None"/>.</returns>
    public static Errno Ask<T>(FileDescriptor file, uint request, in T question, out byte[] answer)
        where T : unmanaged
    {
        answer = new byte[sizeof(T)];
        while (true)
        {
            MemoryMarshal.Write(answer, in question);
            MemoryMarshal.Write(answer, (uint)answer.Length);
            fixed (byte* buffer = answer)
            {
                if (Libc.ioctl(file, request, buffer) < 0)
                    return Libc.LastErrno;
            }

            var wanted = MemoryMarshal.Read<uint>(answer);
            if (wanted <= answer.Length)
                return Errno.None;
            if (wanted > LargestAnswer)
                return Errno.EOVERFLOW;
            answer = new byte[wanted];
        }
    }
}
