namespace VfioSharp.Emulation;

/// <summary>
/// For functions of which a driver's writes to some registers may come as events rather than as accesses: a client that can pass eventfds on to its
/// virtual machine (KVM's ioeventfd) then sends no message for such a write, and waits for none.
/// </summary>
public interface IHasDoorbells
{
    /// <summary>
    /// The registers; always the same. <see cref="PciFunction.OnWrite"/> gets their writes as it gets any other, be it that several become one. They
    /// come by another way, so that nothing is said of the order in which they and other accesses arrive.
    /// </summary>
    public IReadOnlyList<Doorbell> Doorbells { get; }
}
