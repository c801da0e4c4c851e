using VfioSharp.Emulation;

namespace VfioSharp.Nvme.Tests.Faults;

// Asynchronous events (NVMe Base 2.0, 5.2) and the log pages that go with them.
internal sealed partial class FaultyController
{
    private readonly Queue<uint> _told = new();

    /// <summary>Fills a log page, by its number; null for zeroes.</summary>
    public Action<byte, byte[]>? ChangeLog { get; set; }

    /// <summary>Tells the driver of an event, as soon as it asks.</summary>
    /// <param name="result">Figure 146: type, event and log page.</param>
    public void Tell(uint result)
    {
        lock (_lock)
            _told.Enqueue(result);
        RequestWork();
    }

    private byte[] MakeLog(byte page, int length)
    {
        var bytes = new byte[length];
        ChangeLog?.Invoke(page, bytes);
        return bytes;
    }

    private void TellEvents(FunctionHost host)
    {
        while (_told.Count > 0 && _events.Count > 0)
        {
            var command = _events[0];
            _events.RemoveAt(0);
            Complete(host, command, 0, _told.Dequeue(), CompletionFault.None);
        }
    }
}
