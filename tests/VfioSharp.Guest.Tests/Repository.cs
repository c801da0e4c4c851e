namespace VfioSharp.Guest.Tests;

/// <summary>The checkout that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "VfioSharp.slnx")))
                return folder.FullName;
        }

        throw new InvalidOperationException("These tests run from a checkout: no VfioSharp.slnx above " + AppContext.BaseDirectory);
    }
}
