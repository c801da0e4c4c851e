namespace VfioSharp.Regions;

/// <summary>Which way a window reaches its registers, and why not a faster one. Immutable.</summary>
/// <param name="Path">The way in.</param>
/// <param name="Reason">Why this one, as a sentence.</param>
/// <param name="RuledOut">The faster paths that were not possible, the fastest first, each with a reason that a person can act on.</param>
/// <param name="IsFaultGuarded">
/// Whether an access to a device that vanished ends as a counted fault. False only for loads and stores where no machine code can be
/// placed: there such an access ends the process.
/// </param>
public sealed record AccessPlan(AccessPath Path, string Reason, IReadOnlyList<RuledOutPath> RuledOut, bool IsFaultGuarded);

/// <summary>A path that was not taken.</summary>
/// <param name="Path">The path.</param>
/// <param name="Reason">What rules it out, as a sentence that a person can act on.</param>
public sealed record RuledOutPath(AccessPath Path, string Reason);
