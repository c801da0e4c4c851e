namespace VfioSharp.Conformance.Server;

/// <summary>Collects cases of one clause whose names begin alike.</summary>
/// <param name="group">The first part of their names.</param>
/// <param name="clause">The specification's section.</param>
/// <param name="mirroredFile">The file of libvfio-user's suite that cases mirror, without "test_" and ".py".</param>
internal sealed class CaseGroup(string group, string clause, string? mirroredFile = null)
{
    public List<ServerCase> Cases { get; } = [];

    /// <summary>Adds a case that binds servers.</summary>
    /// <param name="name">The last part of its name.</param>
    /// <param name="summary">What is expected of the server.</param>
    /// <param name="body">The case.</param>
    /// <param name="need">What the device has to offer.</param>
    /// <param name="mirrors">The function of libvfio-user's suite, without "test_".</param>
    /// <param name="of">The clause where it is not the group's.</param>
    public void Must(string name, string summary, Action<ServerTrial> body, DeviceNeed? need = null, string? mirrors = null, string? of = null) =>
        Add(CaseDuty.Must, name, summary, body, need, mirrors, of);

    /// <inheritdoc cref="Must"/>
    /// <summary>Adds a case that says what known servers do.</summary>
    public void Habit(string name, string summary, Action<ServerTrial> body, DeviceNeed? need = null, string? mirrors = null, string? of = null) =>
        Add(CaseDuty.Habit, name, summary, body, need, mirrors, of);

    private void Add(CaseDuty duty, string name, string summary, Action<ServerTrial> body, DeviceNeed? need, string? mirrors, string? of) =>
        Cases.Add(
            new ServerCase($"{group}/{name}", of ?? clause, summary, duty, body, need, mirrors is null ? null : $"test_{mirroredFile}.py::test_{mirrors}"));
}
