using VfioSharp.Tests.IbmZ;

// Runs one check of the machine code of IBM Z in a process of its own, since the code is placed once a process and some checks end it.
// Exit code 0: it holds; 1: it does not, and standard error says what; 2: there is no such check.
if (args.Length != 1 || !Checks.All.TryGetValue(args[0], out var check))
{
    Console.Error.WriteLine($"usage: VfioSharp.Tests.IbmZ {string.Join("|", Checks.All.Keys)}");
    return 2;
}

try
{
    check();
    return 0;
}
catch (ExpectationException failure)
{
    Console.Error.WriteLine($"{args[0]}: {failure.Message}");
    return 1;
}
