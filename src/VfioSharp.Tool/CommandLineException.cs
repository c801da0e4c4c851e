namespace VfioSharp.Tool;

/// <summary>The command line asks for what makes no sense, found after it was parsed. The message is one sentence.</summary>
internal sealed class CommandLineException(string message) : Exception(message);
