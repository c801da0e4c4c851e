namespace VfioSharp.Zpci.Kernel;

/// <summary>The kernel's log, dmesg. Times are not modelled.</summary>
public sealed class KernelLog
{
    // lib/ratelimit.c and kernel/printk/printk.c, printk_ratelimit_state: ten messages in five seconds.
    private const int RatelimitBurst = 10;

    private readonly List<string> _messages = [];
    private int _printed;

    /// <summary>The messages so far, oldest first.</summary>
    public IReadOnlyList<string> Messages => _messages;

    /// <summary>How many messages printk_ratelimit() held back.</summary>
    public int SuppressedCount { get; private set; }

    /// <summary>Lets five seconds pass: printk_ratelimit() lets another ten messages through.</summary>
    public void PassRatelimitInterval() => _printed = 0;

    /// <summary>printk().</summary>
    internal void Print(string message) => _messages.Add(message);

    /// <summary>printk() where the kernel asks printk_ratelimit() first.</summary>
    internal void PrintRatelimited(string message)
    {
        if (_printed < RatelimitBurst)
        {
            _printed++;
            _messages.Add(message);
        }
        else
        {
            SuppressedCount++;
        }
    }
}
