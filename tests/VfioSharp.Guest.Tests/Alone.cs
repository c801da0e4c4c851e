namespace VfioSharp.Guest.Tests;

/// <summary>Tests that count what the whole process holds, and so run when nothing else does.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class Alone;
