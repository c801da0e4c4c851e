namespace VfioSharp.Fuzz;

/// <summary>
/// A program that uses a device as programs do, in an order that follows from a seed. Whatever the server does, the library tells it by
/// <see cref="VfioException"/>; any other exception is a mistake of the library.
/// </summary>
internal sealed partial class ClientDriver(string socketPath)
{
    private const int MostSteps = 24;

    // A server that lies often does not reply; an honest one on a machine that builds something meanwhile takes its time.
    private static readonly TimeSpan PatienceWithLiars = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Opens the device, uses it and closes it.</summary>
    /// <param name="dice">Says how.</param>
    /// <param name="isHonest">Whether the server keeps to the protocol, so that nothing may fail.</param>
    /// <returns>What the library did wrong; null where nothing.</returns>
    public string? Drive(Dice dice, bool isHonest)
    {
        try
        {
            var options = new VfioOptions
            {
                RequestTimeout = isHonest ? Patience : PatienceWithLiars,
                PostWrites = dice.OneIn(3),
                BusyPoll = dice.OneIn(6),
            };
            using var device = VfioDevice.Open($"vfio-user:{socketPath}", options);
            for (var step = dice.Between(1, MostSteps); step > 0; step--)
            {
                try
                {
                    Step(device, dice);
                }
                catch (VfioException) when (!isHonest)
                {
                    // The next step finds the device as this one left it: refused, or its connection at an end.
                }
            }

            return null;
        }
        catch (VfioException) when (!isHonest)
        {
            return null;
        }
#pragma warning disable CA1031 // Whatever else comes out of the library is what is looked for.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return $"threw what it may not: {exception}";
        }
    }
}
