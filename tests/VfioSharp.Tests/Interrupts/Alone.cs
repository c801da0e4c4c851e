namespace VfioSharp.Tests.Interrupts;

/// <summary>Tests that measure the whole process, and so run when nothing else does.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class Alone;
