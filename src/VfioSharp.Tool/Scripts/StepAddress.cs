namespace VfioSharp.Tool.Scripts;

/// <summary>An address in a script.</summary>
/// <param name="Name">The mapping that it is counted from, or null for one of its own.</param>
/// <param name="Offset">How far behind the mapping's start, or the address itself.</param>
internal readonly record struct StepAddress(string? Name, ulong Offset);
