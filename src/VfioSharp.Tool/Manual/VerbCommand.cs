using System.CommandLine;

namespace VfioSharp.Tool.Manual;

/// <summary>A verb: one line that says what it does, and a manual that its --help shows below the options.</summary>
internal sealed class VerbCommand : Command
{
    public VerbCommand(string name, string summary, string manual)
        : base(name, summary) => Manual = manual;

    /// <summary>The manual's text, ready to be printed.</summary>
    public string Manual { get; }

    /// <summary>
    /// Says what the verb does. It runs on another thread, so that Ctrl-C reaches it by the token while it works.
    /// </summary>
    public void SetVerb(Action<ParseResult, CancellationToken> verb) => SetVerb((parsed, cancellation) =>
    {
        verb(parsed, cancellation);
        return ExitCode.Done;
    });

    /// <summary>Says what the verb does, and with which of <see cref="ExitCode"/> it ends.</summary>
    public void SetVerb(Func<ParseResult, CancellationToken, int> verb) =>
        SetAction((parsed, cancellation) => Task.Run(() => verb(parsed, cancellation), cancellation));

    /// <summary>Says what the verb does, where it waits for a device meanwhile.</summary>
    public void SetVerb(Func<ParseResult, CancellationToken, Task> verb) => SetAction((parsed, cancellation) => Task.Run(
        async () =>
        {
            await verb(parsed, cancellation);
            return ExitCode.Done;
        },
        cancellation));
}
