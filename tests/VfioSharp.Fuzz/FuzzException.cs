namespace VfioSharp.Fuzz;

/// <summary>The target did what it may not do.</summary>
internal sealed class FuzzException(string message) : Exception(message);
