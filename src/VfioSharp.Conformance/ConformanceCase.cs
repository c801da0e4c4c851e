namespace VfioSharp.Conformance;

/// <summary>One thing that a suite checks. Immutable.</summary>
public abstract class ConformanceCase
{
    private protected ConformanceCase(string name, string clause, string summary, CaseDuty duty)
    {
        Name = name;
        Clause = clause;
        Summary = summary;
        Duty = duty;
    }

    /// <summary>Its name, "group/name" in lower case; unique in its suite and stable from version to version.</summary>
    public string Name { get; }

    /// <summary>The section of the vfio-user specification (docs/interop/vfio-user.rst in QEMU) that it follows.</summary>
    public string Clause { get; }

    /// <summary>What is expected of the peer, as a sentence without its full stop.</summary>
    public string Summary { get; }

    /// <summary>How binding it is.</summary>
    public CaseDuty Duty { get; }

    /// <summary>What the device has to offer for it, as a noun phrase; null where nothing.</summary>
    public virtual string? Need => null;

    /// <summary>The test of libvfio-user's own suite that it mirrors, "test_negotiate.py::test_short_write"; null where none.</summary>
    public virtual string? Mirrors => null;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
