namespace VfioSharp.Tool.Reports.Registers;

/// <summary>One access to a register.</summary>
internal sealed record RegisterReport(string Device, string Region, ulong Offset, int Width, ulong Value, string Path);
