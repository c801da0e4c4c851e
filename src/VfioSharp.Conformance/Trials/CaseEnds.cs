namespace VfioSharp.Conformance.Trials;

/// <summary>Ends a case: the peer did not do what is expected. The message says what was, and what came.</summary>
internal sealed class CaseFailedException(string message) : Exception(message);

/// <summary>Ends a case: it turned out not to apply. The message says why.</summary>
internal sealed class CaseSkippedException(string message) : Exception(message);
