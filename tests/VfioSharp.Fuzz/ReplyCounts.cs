using System.Globalization;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>Counts the replies of a server, so that a run shows how much of the server it went through. For one thread at a time.</summary>
internal sealed class ReplyCounts
{
    private readonly SortedDictionary<VfioUserCommand, (long All, long Good)> _ofCommand = [];

    public long All { get; private set; }

    /// <summary>Those without an error.</summary>
    public long Good { get; private set; }

    public void Count(in VfioUserHeader reply)
    {
        var good = reply.IsError ? 0 : 1;
        All++;
        Good += good;
        var (all, goodBefore) = _ofCommand.GetValueOrDefault(reply.Command);
        _ofCommand[reply.Command] = (all + 1, goodBefore + good);
    }

    /// <summary>A line in all, and one for each command that there is.</summary>
    public override string ToString()
    {
        var commands = _ofCommand.Where(pair => Enum.IsDefined(pair.Key))
            .Select(pair => string.Create(CultureInfo.InvariantCulture, $"  {pair.Key,-22} {pair.Value.All,10:N0} {pair.Value.Good,10:N0}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{All:N0} replies came, {Good:N0} of them without an error; of each command:\n{string.Join('\n', commands)}");
    }
}
