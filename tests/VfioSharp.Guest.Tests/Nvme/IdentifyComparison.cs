using System.Text.Json;

namespace VfioSharp.Guest.Tests.Nvme;

/// <summary>
/// What `vfio nvme identify --json` and nvme-cli say of one controller. Both name a field as the specification abbreviates it, so that every field
/// that both have can be compared.
/// </summary>
internal static class IdentifyComparison
{
    /// <summary>Every field of nvme-cli's is among ours, with the same value.</summary>
    /// <param name="expected">What nvme-cli says.</param>
    /// <param name="actual">What `vfio` says.</param>
    /// <param name="fewest">How many fields there are at least.</param>
    /// <param name="except">Fields of nvme-cli's own.</param>
    public static void AssertSame(JsonElement expected, JsonElement actual, int fewest, params string[] except)
    {
        var differences = new List<string>();
        var compared = 0;
        foreach (var field in expected.EnumerateObject().Where(field => !except.Contains(field.Name)))
        {
            if (!actual.TryGetProperty(field.Name, out var value))
                differences.Add($"{field.Name} is missing");
            else if (!IsSame(field.Value, value))
                differences.Add($"{field.Name} is {value}, not {field.Value}");
            compared++;
        }

        Assert.Empty(differences);
        Assert.InRange(compared, fewest, int.MaxValue);
    }

    // Text is padded with blanks in the structure, and only nvme-cli shows them.
    private static bool IsSame(JsonElement expected, JsonElement actual) => expected.ValueKind == JsonValueKind.String
        ? actual.ValueKind == JsonValueKind.String && expected.GetString()!.TrimEnd() == actual.GetString()!.TrimEnd()
        : JsonElement.DeepEquals(expected, actual);
}
