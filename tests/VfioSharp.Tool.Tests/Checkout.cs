namespace VfioSharp.Tool.Tests;

/// <summary>The project's files, where the tests run from a checkout.</summary>
internal static class Checkout
{
    /// <summary>The path of a file.</summary>
    /// <param name="path">Its path in the project.</param>
    public static string PathOf(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "VfioSharp.slnx")))
                return Path.Combine(folder.FullName, path);
        }

        throw new InvalidOperationException("These tests run from a checkout.");
    }
}
