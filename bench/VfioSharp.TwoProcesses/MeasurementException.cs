namespace VfioSharp.TwoProcesses;

/// <summary>Something that is measured does not happen, or happens wrongly.</summary>
internal sealed class MeasurementException(string message) : Exception(message);
