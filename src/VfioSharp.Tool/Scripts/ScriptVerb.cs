namespace VfioSharp.Tool.Scripts;

/// <summary>A kind of step.</summary>
/// <param name="Name">The word that it begins with.</param>
/// <param name="Usage">What follows the word, as the manual shows it.</param>
/// <param name="Meaning">What it does, in one line of the manual.</param>
/// <param name="Read">
/// Reads the words of a step, once for each step of the script, and answers with what plays it. Nothing is touched while it reads; it throws
/// <see cref="CommandLineException"/> where a word is wrong.
/// </param>
internal sealed record ScriptVerb(string Name, string Usage, string Meaning, Func<StepWords, Func<ScriptTarget, StepResult>> Read);
