using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using VfioSharp.Interrupts;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Interrupts;

/// <summary>A device that has interrupts, opened; disposing it closes both.</summary>
internal sealed class InterruptFixture : IDisposable
{
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    public InterruptFixture(Action<InterruptBackend>? prepare = null, ILogger? logger = null, Func<bool?>? answersConfig = null)
    {
        prepare?.Invoke(Backend);
        Interrupts = new DeviceInterrupts(Backend, logger ?? NullLogger.Instance, "0000:01:00.0", answersConfig);
    }

    public InterruptBackend Backend { get; } = new();

    public DeviceInterrupts Interrupts { get; }

    public void Dispose()
    {
        Interrupts.Close();
        Backend.Dispose();
    }
}
