using VfioSharp.Tests.Child;

// What a test cannot do in its own process: die by a signal, or decide before the library's first window how the process is set up.
// One argument, the role; exit code 0 where all of it held, 1 with a sentence on standard error where not, 128 + signal where it died.
var role = args is [var name] ? Roles.Find(name) : null;
if (role is null)
{
    Console.Error.WriteLine($"One argument is needed: {string.Join(", ", Roles.Names)}.");
    return 2;
}

try
{
    role();
    return 0;
}
catch (UnexpectedException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}
