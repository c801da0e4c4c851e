using FsCheck.Xunit;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Dma;
using VfioSharp.Regions;

namespace VfioSharp.Tests.VfioUser;

/// <summary>Whatever bytes a server sends, the client ends in an answer or an exception of the library, soon, and leaves nothing open.</summary>
public sealed class HostileReplyProperties
{
    private static readonly VfioOptions Short = new() { RequestTimeout = TimeSpan.FromMilliseconds(30) };

    [Property(MaxTest = 150)]
    public void Any_reply_ends_in_an_answer_or_in_an_exception_of_the_library(byte[][] payloads, ushort seed)
    {
        using var function = new ScriptedFunction();
        var random = new System.Random(seed);
        var position = 0;
        byte[] Next() => payloads.Length == 0 ? [] : payloads[position++ % payloads.Length] ?? [];
        foreach (var command in Enum.GetValues<VfioUserCommand>())
        {
            // Half of the answers are right but for a piece of them, so that what lies behind the first is reached.
            function.Server.Distort(command, answer => random.Next(4) switch
            {
                0 => new Answer(Next()),
                1 => answer with { Payload = Flip(answer.Payload, random) },
                2 when random.Next(8) == 0 => answer with { Behind = Next() },
                _ => answer,
            });
        }

        Use(function);
        Assert.Equal(1, function.CountDescriptorsOfSharedFile());
    }

    [Property(MaxTest = 150)]
    public void Any_bytes_end_in_an_exception_of_the_library(byte[] bytes, ushort skip)
    {
        using var function = new ScriptedFunction();
        var answers = skip % 12;
        foreach (var command in Enum.GetValues<VfioUserCommand>())
            function.Server.Distort(
                command, answer => answers-- > 0 ? answer : Answer.Silent with { Before = bytes, IsSilent = bytes.Length == 0, IsBare = true });
        Use(function);
        Assert.Equal(1, function.CountDescriptorsOfSharedFile());
    }

    private static byte[] Flip(byte[] payload, System.Random random)
    {
        var copy = (byte[])payload.Clone();
        if (copy.Length > 0)
            copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
        return copy;
    }

    private static void Use(ScriptedFunction function)
    {
        try
        {
            using var device = function.Open(Short);
            foreach (var region in device.Regions)
            {
                if (!region.Exists)
                    continue;
                using var window = region.Open(new WindowOptions { LengthInBytes = Math.Min(region.SizeInBytes, 64) });
                if (window.CanWrite)
                    window.Write8(0, 1);
                if (window.CanRead)
                    window.Read8(0);
            }

            device.Config.ReadCapabilities();
            using var buffer = DmaBuffer.Allocate(4096);
            using (device.Dma.Map(buffer))
            using (device.Interrupts.Msix.Enable())
                device.Reset();
        }
        catch (VfioException)
        {
        }
        catch (ArgumentOutOfRangeException)
        {
            // A device that says it has fewer regions, or vectors, than the one this asks for.
        }
    }
}
