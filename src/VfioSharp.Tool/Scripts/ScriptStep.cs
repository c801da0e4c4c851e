namespace VfioSharp.Tool.Scripts;

/// <summary>A step of a script that has been read and found well-formed.</summary>
/// <param name="Line">Its line in the script, from 1.</param>
/// <param name="Verb">The word that it begins with.</param>
/// <param name="Text">What stands there, with single blanks and without a comment.</param>
/// <param name="Play">Plays it, once.</param>
internal sealed record ScriptStep(int Line, string Verb, string Text, Func<ScriptTarget, StepResult> Play);
